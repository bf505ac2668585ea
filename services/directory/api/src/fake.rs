//! The directory service in memory, for the tests of those who call it.

use std::collections::BTreeSet;

use axum::{Router, extract::State, routing::post};
use grove_http::{ApiError, extract::Json};
use grove_shared::NetId;
use grove_testing::Fake;

use crate::{Changed, Person};

/// The directory service on a free port, until it is dropped. The campus has an entry for everyone, and
/// nobody is in the group yet.
#[derive(Debug, Clone)]
pub struct FakeDirectory {
    fake: Fake<Inner>,
}

type Memory = grove_testing::Memory<Inner>;

#[derive(Debug, Default)]
struct Inner {
    without_entry: BTreeSet<NetId>,
    listed: BTreeSet<NetId>,
    requests: Vec<(String, NetId)>,
}

impl FakeDirectory {
    /// Starts it.
    pub async fn start() -> Self {
        let routes = Router::new()
            .route("/activedirectory/add", post(add))
            .route("/activedirectory/remove", post(remove));
        Self { fake: Fake::start("directory", routes).await }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        self.fake.url()
    }

    /// Lets the campus have no entry for someone.
    pub fn without_entry(&self, netid: &NetId) {
        self.fake.lock().without_entry.insert(netid.clone());
    }

    /// Answers 503 to the next `requests`.
    pub fn fail_next(&self, requests: u32) {
        self.fake.fail_next(requests);
    }

    /// Who is in the group.
    pub fn listed(&self) -> Vec<NetId> {
        self.fake.lock().listed.iter().cloned().collect()
    }

    /// What was asked for so far, and for whom: `add` or `remove`.
    pub fn requests(&self) -> Vec<(String, NetId)> {
        self.fake.lock().requests.clone()
    }
}

async fn add(
    State(memory): State<Memory>,
    Json(Person { netid }): Json<Person>,
) -> Result<Json<Changed>, ApiError> {
    let mut memory = memory.lock();
    memory.requests.push(("add".to_owned(), netid.clone()));
    if memory.without_entry.contains(&netid) {
        return Err(ApiError::conflict(format!("The directory has no entry for {netid}")));
    }
    memory.listed.insert(netid);
    Ok(success())
}

async fn remove(
    State(memory): State<Memory>,
    Json(Person { netid }): Json<Person>,
) -> Json<Changed> {
    let mut memory = memory.lock();
    memory.listed.remove(&netid);
    memory.requests.push(("remove".to_owned(), netid));
    success()
}

fn success() -> Json<Changed> {
    Json(Changed { message: "Success".to_owned() })
}

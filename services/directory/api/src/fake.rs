//! The directory service in memory, for the tests of those who call it.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::post,
};
use grove_http::{ApiError, extract::Json};
use grove_identity::IDENTITY;
use grove_shared::NetId;
use grove_testing::Neighbour;

use crate::{Changed, Person};

/// The directory service on a free port, until it is dropped. The campus has an entry for everyone, and
/// nobody is in the group yet.
#[derive(Debug, Clone)]
pub struct FakeDirectory {
    memory: Memory,
    server: Arc<Neighbour>,
}

#[derive(Debug, Clone, Default)]
struct Memory(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    without_entry: BTreeSet<NetId>,
    listed: BTreeSet<NetId>,
    requests: Vec<(String, NetId)>,
    failures: u32,
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FakeDirectory {
    /// Starts it.
    pub async fn start() -> Self {
        let memory = Memory::default();
        let routes = Router::new()
            .route("/activedirectory/add", post(add))
            .route("/activedirectory/remove", post(remove))
            .layer(middleware::from_fn_with_state(memory.clone(), around))
            .with_state(memory.clone());
        Self { memory, server: Arc::new(Neighbour::start(routes).await) }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Lets the campus have no entry for someone.
    pub fn without_entry(&self, netid: &NetId) {
        self.memory.lock().without_entry.insert(netid.clone());
    }

    /// Answers 503 to the next `requests`.
    pub fn fail_next(&self, requests: u32) {
        self.memory.lock().failures = requests;
    }

    /// Who is in the group.
    pub fn listed(&self) -> Vec<NetId> {
        self.memory.lock().listed.iter().cloned().collect()
    }

    /// What was asked for so far, and for whom: `add` or `remove`.
    pub fn requests(&self) -> Vec<(String, NetId)> {
        self.memory.lock().requests.clone()
    }
}

async fn around(State(memory): State<Memory>, request: Request, next: Next) -> Response {
    if !request.headers().contains_key(IDENTITY) {
        return ApiError::unauthenticated().into_response();
    }
    let fails = {
        let mut memory = memory.lock();
        let fails = memory.failures > 0;
        memory.failures = memory.failures.saturating_sub(1);
        fails
    };
    if fails {
        return ApiError::unavailable("The directory does not answer, please try again")
            .into_response();
    }
    next.run(request).await
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

//! The groups service in memory, for the tests of those who call it.

use std::collections::BTreeMap;

use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use grove_http::{
    ApiError,
    extract::{Json, Path},
};
use grove_shared::{
    NetId, Role,
    personal_data::{Forget, Forgotten},
};
use grove_testing::Fake;
use serde_json::{Value, json};

use crate::{Departure, OfficerRoles, RoleHolder};

/// The groups service on a free port, until it is dropped. It has the committees admin, top4 and corporate,
/// and nobody is in them yet.
#[derive(Debug, Clone)]
pub struct FakeGroups {
    fake: Fake<Inner>,
}

type Memory = grove_testing::Memory<Inner>;

#[derive(Debug)]
struct Inner {
    /// Who is in each group, by its kind and its name in lower case.
    groups: BTreeMap<(String, String), Vec<NetId>>,
    departures: Vec<Departure>,
    forgotten: Vec<NetId>,
}

impl Default for Inner {
    fn default() -> Self {
        let committees = Role::ALL.map(|role| (committee(role), Vec::new()));
        Self { groups: committees.into(), departures: Vec::new(), forgotten: Vec::new() }
    }
}

fn committee(role: Role) -> (String, String) {
    ("committees".to_owned(), role.as_str().to_owned())
}

impl FakeGroups {
    /// Starts it.
    pub async fn start() -> Self {
        let routes = Router::new()
            .route("/internal/groups/{type}/{name}/members", get(members))
            .route("/internal/roles", post(officer_roles))
            .route("/internal/roles/end", post(end_roles))
            .route("/internal/personal-data/forget", post(forget));
        Self { fake: Fake::start("groups", routes).await }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        self.fake.url()
    }

    /// Lets these people be in a group, and nobody else; makes it if need be.
    pub fn group(&self, kind: &str, name: &str, members: &[NetId]) {
        let mut members = members.to_vec();
        members.sort_unstable();
        self.fake.lock().groups.insert((kind.to_owned(), name.to_lowercase()), members);
    }

    /// Lets someone hold these officer roles, and no others.
    pub fn officer(&self, netid: &NetId, roles: &[Role]) {
        let mut memory = self.fake.lock();
        for role in Role::ALL {
            let members = memory.groups.entry(committee(role)).or_default();
            members.retain(|member| member != netid);
            if roles.contains(&role) {
                members.push(netid.clone());
            }
        }
    }

    /// Answers 503 to the next `requests`.
    pub fn fail_next(&self, requests: u32) {
        self.fake.fail_next(requests);
    }

    /// Who was said to have left, each time.
    pub fn departures(&self) -> Vec<Departure> {
        self.fake.lock().departures.clone()
    }

    /// Who was forgotten, each time.
    pub fn forgotten(&self) -> Vec<NetId> {
        self.fake.lock().forgotten.clone()
    }

    /// Method and path of each request so far, also of those that were answered 503.
    pub fn requests(&self) -> Vec<String> {
        self.fake.requests()
    }
}

async fn members(
    State(memory): State<Memory>,
    Path((kind, name)): Path<(String, String)>,
) -> Result<Json<Vec<NetId>>, ApiError> {
    let members = memory.lock().groups.get(&(kind, name.to_lowercase())).cloned();
    members.map(Json).ok_or_else(|| ApiError::not_found("Group does not exist"))
}

async fn officer_roles(
    State(memory): State<Memory>,
    Json(RoleHolder { netid }): Json<RoleHolder>,
) -> Json<OfficerRoles> {
    let memory = memory.lock();
    let holds = |role: &Role| {
        memory.groups.get(&committee(*role)).is_some_and(|members| members.contains(&netid))
    };
    Json(OfficerRoles { roles: Role::ALL.into_iter().filter(holds).collect() })
}

async fn end_roles(State(memory): State<Memory>, Json(departure): Json<Departure>) -> Json<Value> {
    let mut memory = memory.lock();
    for members in memory.groups.values_mut() {
        members.retain(|member| *member != departure.netid);
    }
    memory.departures.push(departure);
    Json(json!({}))
}

async fn forget(
    State(memory): State<Memory>,
    Json(Forget { netid }): Json<Forget>,
) -> Json<Forgotten> {
    let mut memory = memory.lock();
    for members in memory.groups.values_mut() {
        members.retain(|member| *member != netid);
    }
    memory.forgotten.push(netid);
    Json(Forgotten::default())
}

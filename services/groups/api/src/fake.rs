//! The groups service in memory, for the tests of those who call it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use grove_http::{
    ApiError,
    extract::{Json, Path},
};
use grove_identity::IDENTITY;
use grove_shared::{NetId, Role};
use grove_testing::Neighbour;
use serde_json::{Value, json};

use crate::{Departure, OfficerRoles, RoleHolder};

/// The groups service on a free port, until it is dropped. It has the committees admin, top4 and corporate,
/// and nobody is in them yet.
#[derive(Debug, Clone)]
pub struct FakeGroups {
    memory: Memory,
    server: Arc<Neighbour>,
}

#[derive(Debug, Clone, Default)]
struct Memory(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    /// Who is in each group, by its kind and its name in lower case.
    groups: BTreeMap<(String, String), Vec<NetId>>,
    departures: Vec<Departure>,
    requests: Vec<String>,
    failures: u32,
}

impl Default for Inner {
    fn default() -> Self {
        let committees = Role::ALL.map(|role| (committee(role), Vec::new()));
        let (departures, requests) = (Vec::new(), Vec::new());
        Self { groups: committees.into(), departures, requests, failures: 0 }
    }
}

fn committee(role: Role) -> (String, String) {
    ("committees".to_owned(), role.as_str().to_owned())
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FakeGroups {
    /// Starts it.
    pub async fn start() -> Self {
        let memory = Memory::default();
        let routes = Router::new()
            .route("/internal/groups/{type}/{name}/members", get(members))
            .route("/internal/roles", post(officer_roles))
            .route("/internal/roles/end", post(end_roles))
            .layer(middleware::from_fn_with_state(memory.clone(), around))
            .with_state(memory.clone());
        Self { memory, server: Arc::new(Neighbour::start(routes).await) }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Lets these people be in a group, and nobody else; makes it if need be.
    pub fn group(&self, kind: &str, name: &str, members: &[NetId]) {
        let mut members = members.to_vec();
        members.sort_unstable();
        self.memory.lock().groups.insert((kind.to_owned(), name.to_lowercase()), members);
    }

    /// Lets someone hold these officer roles, and no others.
    pub fn officer(&self, netid: &NetId, roles: &[Role]) {
        let mut memory = self.memory.lock();
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
        self.memory.lock().failures = requests;
    }

    /// Who was said to have left, each time.
    pub fn departures(&self) -> Vec<Departure> {
        self.memory.lock().departures.clone()
    }

    /// Method and path of each request so far, also of those that were answered 503.
    pub fn requests(&self) -> Vec<String> {
        self.memory.lock().requests.clone()
    }
}

async fn around(State(memory): State<Memory>, request: Request, next: Next) -> Response {
    if !request.headers().contains_key(IDENTITY) {
        return ApiError::unauthenticated().into_response();
    }
    let fails = {
        let mut memory = memory.lock();
        memory.requests.push(format!("{} {}", request.method(), request.uri().path()));
        let fails = memory.failures > 0;
        memory.failures = memory.failures.saturating_sub(1);
        fails
    };
    if fails {
        return ApiError::unavailable("groups is out of order").into_response();
    }
    next.run(request).await
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

//! Who the service calls: users and groups, and Slack, Discord and X, whose calls are kept for the test to
//! see.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use grove_groups_api::fake::FakeGroups;
use grove_http::extract::Json;
use grove_shared::{NetId, Role};
use grove_testing::Neighbour;
use grove_users_api::fake::FakeUsers;
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// One call that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) path: String,
    pub(crate) authorization: String,
    pub(crate) body: Value,
}

/// What the companies answer: the status, headers and body.
#[derive(Debug, Clone)]
struct Answer(StatusCode, HeaderMap, Value);

#[derive(Debug, Clone)]
struct Companies {
    calls: Arc<Mutex<Vec<Call>>>,
    /// What the next call waits for before it is answered.
    held: Arc<Mutex<Option<oneshot::Receiver<()>>>>,
    answer: Arc<Mutex<Answer>>,
}

/// Serves on free ports until it is dropped.
#[derive(Debug)]
pub(crate) struct Elsewhere {
    users: FakeUsers,
    groups: FakeGroups,
    companies: Companies,
    server: Neighbour,
}

impl Elsewhere {
    /// Three members, of whom one is an officer, and a SIG with someone who is none.
    pub(crate) async fn start() -> Self {
        let answer = Answer(StatusCode::OK, HeaderMap::new(), json!({ "ok": true }));
        let answer = Arc::new(Mutex::new(answer));
        let companies = Companies { calls: Arc::default(), held: Arc::default(), answer };
        let routes = Router::new().fallback(receive).with_state(companies.clone());
        let (users, groups) = (FakeUsers::start().await, FakeGroups::start().await);
        let netid = |text: &str| text.parse::<NetId>().unwrap();
        for member in ["ada1", "bob2", "cyd3"] {
            users.member(&netid(member));
        }
        groups.officer(&netid("ada1"), &[Role::Admin]);
        groups.group("sigs", "SIGPwny", &[netid("bob2"), netid("former9")]);
        Self { users, groups, companies, server: Neighbour::start(routes).await }
    }

    /// Where users and groups are.
    pub(crate) fn peers(&self) -> String {
        format!("users={},groups={}", self.users.url(), self.groups.url())
    }

    /// Where the companies are.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// What Slack, Discord and X answer from here on.
    pub(crate) fn answer(&self, status: u16, headers: &[(&'static str, &str)], body: Value) {
        let headers =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let status = StatusCode::from_u16(status).unwrap();
        *self.companies.answer.lock().unwrap() = Answer(status, headers.collect(), body);
    }

    /// Lets the next call of them wait until something is sent here.
    pub(crate) fn hold_next(&self) -> oneshot::Sender<()> {
        let (release, held) = oneshot::channel();
        *self.companies.held.lock().unwrap() = Some(held);
        release
    }

    /// How often users and groups were asked something.
    pub(crate) fn questions(&self) -> usize {
        self.users.requests().len() + self.groups.requests().len()
    }

    /// The calls of Slack, Discord and X so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.companies.calls.lock().unwrap().clone()
    }
}

async fn receive(
    State(companies): State<Companies>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path_and_query().unwrap().to_string();
    let authorization = headers.get("authorization").map(|value| value.to_str().unwrap());
    let authorization = authorization.unwrap_or_default().to_owned();
    let body = serde_json::from_slice(&body).unwrap();
    companies.calls.lock().unwrap().push(Call { path, authorization, body });
    let held = companies.held.lock().unwrap().take();
    if let Some(held) = held {
        held.await.unwrap();
    }
    let Answer(status, headers, body) = companies.answer.lock().unwrap().clone();
    (status, headers, Json(body)).into_response()
}

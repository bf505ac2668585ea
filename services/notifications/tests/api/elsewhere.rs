//! Who the service calls: users and groups, Slack, Discord and X. It keeps every call for the test to see.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use grove_shared::{extract::Json, identity::IDENTITY, server};
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};

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
struct Inner {
    /// What users and groups were asked.
    questions: Arc<Mutex<Vec<String>>>,
    calls: Arc<Mutex<Vec<Call>>>,
    answer: Arc<Mutex<Answer>>,
}

/// Serves on a free port until it is dropped.
#[derive(Debug)]
pub(crate) struct Elsewhere {
    inner: Inner,
    pub(crate) url: String,
    _stop: DropGuard,
}

impl Elsewhere {
    pub(crate) async fn start() -> Self {
        let answer = Answer(StatusCode::OK, HeaderMap::new(), json!({ "ok": true }));
        let (questions, calls) = (Arc::default(), Arc::default());
        let inner = Inner { questions, calls, answer: Arc::new(Mutex::new(answer)) };
        let listener = server::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(receive).with_state(inner.clone());
        let stop = CancellationToken::new();
        tokio::spawn(server::serve(listener, router, stop.clone()));
        Self { inner, url, _stop: stop.drop_guard() }
    }

    /// What Slack, Discord and X answer from here on.
    pub(crate) fn answer(&self, status: u16, headers: &[(&'static str, &str)], body: Value) {
        let headers =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let status = StatusCode::from_u16(status).unwrap();
        *self.inner.answer.lock().unwrap() = Answer(status, headers.collect(), body);
    }

    /// How often users and groups were asked something.
    pub(crate) fn questions(&self) -> usize {
        self.inner.questions.lock().unwrap().len()
    }

    /// The calls of Slack, Discord and X so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.inner.calls.lock().unwrap().clone()
    }
}

async fn receive(
    State(inner): State<Inner>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path_and_query().unwrap().to_string();
    if path.starts_with("/internal/") {
        assert!(headers.contains_key(IDENTITY));
        inner.questions.lock().unwrap().push(path.clone());
        return peer(&path);
    }
    let authorization = headers.get("authorization").map(|value| value.to_str().unwrap());
    let authorization = authorization.unwrap_or_default().to_owned();
    let body = serde_json::from_slice(&body).unwrap();
    inner.calls.lock().unwrap().push(Call { path, authorization, body });
    let Answer(status, headers, body) = inner.answer.lock().unwrap().clone();
    (status, headers, Json(body)).into_response()
}

/// Users and groups: three members, of whom one is an officer, and a SIG with someone who is none.
fn peer(path: &str) -> Response {
    let member = |netid: &str| {
        json!({
            "netid": netid,
            "email": format!("{netid}@example.edu"),
            "first_name": "Ada",
            "last_name": "Lovelace",
            "member_until": "2027-08-31",
        })
    };
    match path {
        "/internal/members" => Json(["ada1", "bob2", "cyd3"].map(member)).into_response(),
        "/internal/groups/committees/admin/members" => Json(json!(["ada1"])).into_response(),
        "/internal/groups/sigs/SIGPwny/members" => Json(json!(["bob2", "former9"])).into_response(),
        _ => (StatusCode::NOT_FOUND, Json(json!({ "error": "no" }))).into_response(),
    }
}

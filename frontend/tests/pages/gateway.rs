//! A gateway that answers what a test tells it to, and remembers what it was asked.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};

/// A gateway at a free port of this machine, until it is dropped.
#[derive(Debug)]
pub(crate) struct FakeGateway {
    pub(crate) url: String,
    known: Arc<Mutex<Known>>,
    _stop: DropGuard,
}

/// One request that came.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// Status, headers, body.
type Answer = (u16, Vec<(&'static str, String)>, Value);

#[derive(Debug, Default)]
struct Known {
    answers: HashMap<(Method, String), Answer>,
    people: HashMap<String, (String, Vec<String>)>,
    calls: Vec<Call>,
}

impl FakeGateway {
    /// A gateway with no groups, no events and no people.
    pub(crate) async fn start() -> Self {
        let known = Arc::new(Mutex::new(Known::default()));
        let listener = grove_shared::server::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&known));
        tokio::spawn(grove_shared::server::serve(listener, router, stop.clone()));
        let gateway = Self { url, known, _stop: stop.drop_guard() };
        for path in ["/groups/sigs", "/groups/committees", "/events/upcoming"] {
            gateway.answers(Method::GET, path, 200, json!([]));
        }
        gateway
    }

    /// What it answers from here on; the path is without query.
    pub(crate) fn answers(&self, method: Method, path: &str, status: u16, body: Value) {
        self.answers_with(method, path, status, vec![], body);
    }

    /// As [`FakeGateway::answers`], with headers.
    pub(crate) fn answers_with(
        &self,
        method: Method,
        path: &str,
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Value,
    ) {
        let key = (method, path.to_owned());
        self.known.lock().unwrap().answers.insert(key, (status, headers, body));
    }

    /// Lets a session be this person's, a member of these committees.
    pub(crate) fn knows(&self, session: &str, netid: &str, committees: &[&str]) {
        let committees = committees.iter().map(ToString::to_string).collect();
        let people = &mut self.known.lock().unwrap().people;
        people.insert(session.to_owned(), (netid.to_owned(), committees));
    }

    /// Ends a session.
    pub(crate) fn forgets(&self, session: &str) {
        self.known.lock().unwrap().people.remove(session);
    }

    /// The calls so far to this path.
    pub(crate) fn calls(&self, method: &Method, path: &str) -> Vec<Call> {
        let calls = &self.known.lock().unwrap().calls;
        calls.iter().filter(|call| call.method == method && call.path == path).cloned().collect()
    }

    /// The queries of the calls so far to this path.
    pub(crate) fn queries(&self, method: &Method, path: &str) -> Vec<String> {
        self.calls(method, path).into_iter().map(|call| call.query).collect()
    }

    /// The calls so far that may have changed something.
    pub(crate) fn writes(&self) -> Vec<Call> {
        let calls = &self.known.lock().unwrap().calls;
        calls.iter().filter(|call| call.method != Method::GET).cloned().collect()
    }
}

/// A record of users.
pub(crate) fn user(netid: &str, state: &str) -> Value {
    json!({
        "first_name": "Jo", "last_name": "Smith", "netid": netid, "state": state,
        "created_at": "2026-01-02T03:04:05Z", "is_member": state == "member",
        "added_to_directory": false,
    })
}

async fn answer(State(known): State<Arc<Mutex<Known>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let path = parts.uri.path().to_owned();
    let call = Call {
        method: parts.method.clone(),
        path: path.clone(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.clone(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    let mut known = known.lock().unwrap();
    known.calls.push(call);
    if parts.headers.get(header::AUTHORIZATION).is_none_or(|token| token != "Bearer client") {
        return reply(403, vec![], &json!({ "error": "no such client" }));
    }
    if let Some((status, headers, body)) = known.answers.get(&(parts.method, path.clone())) {
        return reply(*status, headers.clone(), body);
    }
    let session = parts.headers.get("token").and_then(|token| token.to_str().ok());
    let person = session.and_then(|session| known.people.get(session));
    if let Some(committee) = path.strip_prefix("/groups/committees/") {
        let query = parts.uri.query().unwrap_or_default();
        let holds = known.people.values().any(|(netid, committees)| {
            query == format!("isMember={netid}") && committees.iter().any(|held| held == committee)
        });
        return reply(200, vec![], &json!({ "isValid": holds }));
    }
    match (path.as_str(), person) {
        ("/users/me", Some((netid, _))) => {
            let mut me = user(netid, "member");
            me["published"] = false.into();
            me["memberships"] = json!([{ "starts_on": "2026-01-02", "ends_on": "2026-08-31" }]);
            reply(200, vec![], &json!({ "error": null, "data": me }))
        }
        ("/users/me", None) => reply(401, vec![], &json!({ "error": "no session" })),
        ("/users/logout", _) => reply(200, vec![], &json!({ "error": null, "message": "OK" })),
        _ => reply(404, vec![], &json!({ "error": "Not found" })),
    }
}

fn reply(status: u16, headers: Vec<(&'static str, String)>, body: &Value) -> Response {
    let mut response = (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
    response
}

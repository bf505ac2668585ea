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
use grove_groups_api::MembershipCheck;
use grove_shared::{
    Standing,
    effects::Effects,
    envelope::{Data, Message},
};
use grove_users_api::{Membership, Profile, User, UserState};
use http::{HeaderMap, Method, StatusCode, header, request::Parts};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::Barrier;
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
    /// Paths that are asked for at the same time, or not answered.
    together: HashMap<String, Arc<Barrier>>,
}

impl FakeGateway {
    /// A gateway with no groups, no events and no people, of whose services everything went through.
    pub(crate) async fn start() -> Self {
        let known = Arc::new(Mutex::new(Known::default()));
        let listener = grove_http::server::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&known));
        tokio::spawn(grove_http::server::serve(listener, router, stop.clone()));
        let gateway = Self { url, known, _stop: stop.drop_guard() };
        for path in ["/groups/sigs", "/groups/committees", "/events/upcoming"] {
            gateway.answers(Method::GET, path, 200, json!([]));
        }
        for service in ["auth", "users", "credits", "gigs", "merch"] {
            let nothing = Effects { pending: 0, dead: 0, effects: vec![] };
            gateway.answers(Method::GET, &format!("/outbox/{service}"), 200, nothing);
            gateway.answers(Method::GET, &format!("/outbox/{service}/mine"), 200, json!([]));
        }
        gateway
    }

    /// What it answers from here on; the path is without query.
    pub(crate) fn answers(&self, method: Method, path: &str, status: u16, body: impl Serialize) {
        self.answers_with(method, path, status, vec![], body);
    }

    /// As [`FakeGateway::answers`], with headers.
    pub(crate) fn answers_with(
        &self,
        method: Method,
        path: &str,
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: impl Serialize,
    ) {
        let body = serde_json::to_value(body).unwrap();
        let key = (method, decoded(path));
        self.known.lock().unwrap().answers.insert(key, (status, headers, body));
    }

    /// From here on it answers none of these until all are asked for.
    pub(crate) fn answers_together(&self, paths: &[&str]) {
        let barrier = Arc::new(Barrier::new(paths.len()));
        let paths = paths.iter().map(|path| (decoded(path), Arc::clone(&barrier)));
        self.known.lock().unwrap().together = paths.collect();
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
        let (calls, path) = (&self.known.lock().unwrap().calls, decoded(path));
        calls.iter().filter(|call| call.method == method && call.path == path).cloned().collect()
    }

    /// The paths of all calls so far.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.known.lock().unwrap().calls.iter().map(|call| call.path.clone()).collect()
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

/// A value of a contract by its name on the wire, such as a state or a moment.
pub(crate) fn named<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_value(name.into()).unwrap()
}

/// The answer of a service in the envelope of old.
pub(crate) fn data<T>(data: T) -> Data<T> {
    Data::new(data)
}

/// The answer of a service that did something, in the same envelope.
pub(crate) fn message(text: &str) -> Message {
    Message::new(text)
}

/// A record of users.
pub(crate) fn user(netid: &str, state: &str) -> User {
    User {
        first_name: "Jo".to_owned(),
        last_name: "Smith".to_owned(),
        netid: netid.to_owned(),
        created_at: named("2026-01-02T03:04:05Z"),
        is_member: state == "member",
        added_to_directory: false,
        state: named(state),
    }
}

/// A term of membership.
pub(crate) fn term(starts_on: &str, ends_on: &str) -> Membership {
    Membership { starts_on: named(starts_on), ends_on: named(ends_on) }
}

/// Someone's own record, with the roles among these committees.
pub(crate) fn profile(netid: &str, state: &str, committees: &[String]) -> Profile {
    let user = user(netid, state);
    Profile {
        roles: committees.iter().filter_map(|name| name.parse().ok()).collect(),
        standing: match user.state {
            UserState::Unverified | UserState::AwaitingPayment => Standing::Applicant,
            UserState::Member => Standing::Member,
            UserState::Expired => Standing::Expired,
        },
        user,
        published: false,
        memberships: vec![term("2026-01-02", "2026-08-31")],
    }
}

async fn answer(State(known): State<Arc<Mutex<Known>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let (reply, barrier) = note(&known, parts, &body);
    if let Some(barrier) = barrier {
        barrier.wait().await;
    }
    reply
}

/// Keeps a call, and finds what answers it, and with which others.
fn note(known: &Mutex<Known>, parts: Parts, body: &[u8]) -> (Response, Option<Arc<Barrier>>) {
    let path = decoded(parts.uri.path());
    let call = Call {
        method: parts.method.clone(),
        path: path.clone(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.clone(),
        body: serde_json::from_slice(body).unwrap_or_default(),
    };
    let mut known = known.lock().unwrap();
    known.calls.push(call);
    (find(&known, parts, &path), known.together.get(&path).cloned())
}

fn find(known: &Known, parts: Parts, path: &str) -> Response {
    if parts.headers.get(header::AUTHORIZATION).is_none_or(|token| token != "Bearer client") {
        return reply(403, vec![], &json!({ "error": "no such client" }));
    }
    if let Some((status, headers, body)) = known.answers.get(&(parts.method, path.to_owned())) {
        return reply(*status, headers.clone(), body);
    }
    let session = parts.headers.get("token").and_then(|token| token.to_str().ok());
    let person = session.and_then(|session| known.people.get(session));
    if let Some(committee) = path.strip_prefix("/groups/committees/") {
        let query = parts.uri.query().unwrap_or_default();
        let holds = known.people.values().any(|(netid, committees)| {
            query == format!("isMember={netid}") && committees.iter().any(|held| held == committee)
        });
        let check = MembershipCheck { netid: None, is_valid: holds };
        return reply(200, vec![], &serde_json::to_value(check).unwrap());
    }
    match (path, person) {
        ("/users/me", Some((netid, committees))) => {
            let me = data(profile(netid, "member", committees));
            reply(200, vec![], &serde_json::to_value(me).unwrap())
        }
        ("/users/me", None) => reply(401, vec![], &json!({ "error": "no session" })),
        ("/users/logout", _) => reply(200, vec![], &serde_json::to_value(message("OK")).unwrap()),
        _ => reply(404, vec![], &json!({ "error": "Not found" })),
    }
}

/// A path as people read it.
fn decoded(path: &str) -> String {
    // That is made for forms, where a plus is a space; in a path it is a plus.
    let pairs = path.replace('+', "%2B");
    let mut pairs = url::form_urlencoded::parse(pairs.as_bytes());
    pairs.next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

fn reply(status: u16, headers: Vec<(&'static str, String)>, body: &Value) -> Response {
    let mut response = (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
    response
}

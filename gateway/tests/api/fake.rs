//! Stands for every service: tells what reached it, and answers as it is asked to.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use grove_auth_api::{ResolvedSession, SessionToken};
use grove_groups_api::{OfficerRoles, RoleHolder};
use grove_http::{extract::Json, server};
use grove_shared::{Clock, Role, Standing};
use grove_users_api::{PersonStanding, UserName};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What the services know and have seen.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) sessions: HashMap<String, ResolvedSession>,
    pub(crate) roles: HashMap<String, Vec<Role>>,
    /// Those who are no members.
    pub(crate) standings: HashMap<String, Standing>,
    /// Which of auth, groups and users answer 503.
    pub(crate) down: Vec<&'static str>,
    /// The requests that were not internal: `GET /path`.
    pub(crate) seen: Vec<String>,
    pub(crate) ended: Vec<String>,
    pub(crate) resolved: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    pub(crate) known: Arc<Mutex<Known>>,
}

impl Fake {
    pub(crate) async fn start(stop: CancellationToken) -> Self {
        let mut known = Known::default();
        for (id, netid) in [(1, "member"), (2, "officer")] {
            known.sessions.insert(format!("{netid}-session"), session(id, netid));
        }
        known.roles.insert("officer".to_owned(), vec![Role::Top4]);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let fake = Self { address: listener.local_addr().unwrap(), known: Arc::default() };
        *fake.known.lock().unwrap() = known;
        let routes = Router::new()
            .route("/internal/sessions/resolve", axum::routing::post(resolve))
            .route("/internal/sessions/end", axum::routing::post(end))
            .route("/internal/roles", axum::routing::post(roles))
            .route("/internal/standing", axum::routing::post(standing))
            .fallback(echo)
            .with_state(fake.clone());
        tokio::spawn(server::serve(listener, routes, stop));
        fake
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        self.known.lock().unwrap().seen.clone()
    }
}

pub(crate) fn session(id: u64, netid: &str) -> ResolvedSession {
    let now = Clock::system().now();
    let netid = netid.parse().unwrap();
    ResolvedSession { session: id, netid, created_at: now, last_used_at: now }
}

async fn resolve(State(fake): State<Fake>, Json(body): Json<SessionToken>) -> Response {
    let mut known = fake.known.lock().unwrap();
    known.resolved += 1;
    match known.sessions.get(&body.token) {
        _ if known.down.contains(&"auth") => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
        Some(session) => Json(session.clone()).into_response(),
    }
}

async fn end(State(fake): State<Fake>, Json(body): Json<SessionToken>) -> Json<Value> {
    let mut known = fake.known.lock().unwrap();
    known.sessions.remove(&body.token);
    known.ended.push(body.token);
    Json(json!({}))
}

async fn roles(State(fake): State<Fake>, Json(body): Json<RoleHolder>) -> Response {
    let known = fake.known.lock().unwrap();
    if known.down.contains(&"groups") {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let roles = known.roles.get(body.netid.as_str()).cloned().unwrap_or_default();
    Json(OfficerRoles { roles }).into_response()
}

async fn standing(State(fake): State<Fake>, Json(body): Json<UserName>) -> Response {
    let known = fake.known.lock().unwrap();
    if known.down.contains(&"users") {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let standing = known.standings.get(body.netid.as_str()).copied();
    Json(PersonStanding { standing: standing.unwrap_or(Standing::Member) }).into_response()
}

/// Tells what arrived; `?status=404` asks for another status, `?plain` for an empty body.
async fn echo(State(fake): State<Fake>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = body.collect().await else { return StatusCode::BAD_REQUEST.into_response() };
    let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
    fake.known.lock().unwrap().seen.push(format!("{} {path}", parts.method));
    let status = query.strip_prefix("status=").and_then(|status| status.parse().ok());
    let status = StatusCode::from_u16(status.unwrap_or(200)).unwrap();
    let arrived = json!({
        "method": parts.method.as_str(),
        "target": parts.uri.to_string(),
        "headers": fields(&parts.headers),
        "body": String::from_utf8_lossy(&body.to_bytes()),
        "big": 12_345_678_901_234_567_890_u64,
    });
    let cookies = [("set-cookie", "a=1; Path=/"), ("set-cookie", "b=2")];
    let mut response = Response::new(Body::from(arrived.to_string()));
    *response.status_mut() = status;
    for (name, value) in cookies.into_iter().chain([("x-odd", "A, b"), ("keep-alive", "timeout=9")])
    {
        response.headers_mut().append(name, value.parse().unwrap());
    }
    response.headers_mut().insert("content-type", "application/json".parse().unwrap());
    response
}

fn fields(headers: &HeaderMap) -> HashMap<String, Vec<String>> {
    let mut fields: HashMap<String, Vec<String>> = HashMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        fields.entry(name.to_string()).or_default().push(value);
    }
    fields
}

//! The other services: one that takes every call and keeps it for the test to see.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use grove_shared::{extract::Json, identity::IDENTITY, peer::IDEMPOTENCY_KEY, server};
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};

/// One call that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) path: String,
    /// Nothing when the caller sent none.
    pub(crate) idempotency_key: String,
    pub(crate) body: Value,
}

#[derive(Debug, Clone, Default)]
struct Inner {
    calls: Arc<Mutex<Vec<Call>>>,
    out_of_order: Arc<Mutex<bool>>,
}

/// Serves on a free port until it is dropped.
#[derive(Debug)]
pub(crate) struct Receiver {
    inner: Inner,
    pub(crate) url: String,
    _stop: DropGuard,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let inner = Inner::default();
        let listener = server::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(receive).with_state(inner.clone());
        let stop = CancellationToken::new();
        tokio::spawn(server::serve(listener, router, stop.clone()));
        Self { inner, url, _stop: stop.drop_guard() }
    }

    /// From here on every call is kept and answered 503, or served again.
    pub(crate) fn set_out_of_order(&self, out_of_order: bool) {
        *self.inner.out_of_order.lock().unwrap() = out_of_order;
    }

    /// The calls so far.
    pub(crate) fn calls_in_order(&self) -> Vec<Call> {
        self.inner.calls.lock().unwrap().clone()
    }

    /// The calls so far, sorted by path.
    pub(crate) fn calls(&self) -> Vec<Call> {
        let mut calls = self.calls_in_order();
        calls.sort_by(|a, b| a.path.cmp(&b.path));
        calls
    }
}

async fn receive(
    State(inner): State<Inner>,
    uri: Uri,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    assert!(headers.contains_key(IDENTITY));
    let idempotency_key = headers.get(IDEMPOTENCY_KEY).map(|key| key.to_str().unwrap());
    let idempotency_key = idempotency_key.unwrap_or_default().to_owned();
    let path = uri.path().to_owned();
    inner.calls.lock().unwrap().push(Call { path, idempotency_key, body: body.clone() });
    if *inner.out_of_order.lock().unwrap() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if uri.path() == "/internal/sessions" {
        session(&body)
    } else {
        Json(json!({})).into_response()
    }
}

/// Begins a session, as auth does, for everyone whose password is `correct horse`.
fn session(credentials: &Value) -> Response {
    match credentials["password"].as_str() {
        Some("correct horse") => Json(json!({
            "token": "a-token",
            "account": {
                "netid": credentials["netid"],
                "first_name": "Ada",
                "last_name": "L".repeat(60),
            },
        }))
        .into_response(),
        Some("again and again") => {
            (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "42")]).into_response()
        }
        _ => (StatusCode::BAD_REQUEST, Json(json!({ "error": "no" }))).into_response(),
    }
}

//! The other services: one that takes every call and keeps it for the test to see.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
};
use grove_http::extract::Json;
use grove_identity::IDENTITY;
use grove_shared::call::IDEMPOTENCY_KEY;
use grove_testing::Neighbour;
use http::{HeaderMap, StatusCode, Uri};
use serde_json::{Value, json};

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
    _server: Neighbour,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let inner = Inner::default();
        let server =
            Neighbour::start(Router::new().fallback(receive).with_state(inner.clone())).await;
        Self { inner, url: server.url(), _server: server }
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
    inner.calls.lock().unwrap().push(Call { path, idempotency_key, body });
    if *inner.out_of_order.lock().unwrap() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    Json(json!({})).into_response()
}

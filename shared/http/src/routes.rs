//! What every program answers besides its own routes: health, and a problem for what it does not know.

use std::{fmt, sync::Arc};

use axum::{Router, middleware, routing::get};
use futures_util::future::BoxFuture;
use grove_shared::Clock;
use http::StatusCode;
use serde_json::json;

use crate::{ApiError, extract::Json, observe::observe};

/// Whether a service can do its work.
#[derive(Clone)]
pub struct Readiness(Arc<dyn Fn() -> BoxFuture<'static, Result<(), ApiError>> + Send + Sync>);

impl Readiness {
    /// Ready when `check` succeeds.
    pub fn new(
        check: impl Fn() -> BoxFuture<'static, Result<(), ApiError>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(check))
    }

    /// Ready whenever the process runs.
    pub fn always() -> Self {
        Self::new(|| Box::pin(async { Ok(()) }))
    }

    /// Ready when both are.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::new(move || {
            let (first, second) = (self.check(), other.check());
            Box::pin(async move {
                first.await?;
                second.await
            })
        })
    }

    /// Asks whether it is ready.
    ///
    /// # Errors
    /// When it is not: 503, and why.
    pub fn check(&self) -> BoxFuture<'static, Result<(), ApiError>> {
        (self.0)()
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Readiness")
    }
}

/// Adds to the routes of the program `name` what every program has: `/livez`, `/readyz`, answers for
/// unknown paths and methods, and what happens around every handler.
pub fn with_standard_routes(name: &'static str, routes: Router, readiness: Readiness) -> Router {
    let version = env!("CARGO_PKG_VERSION");
    let started_at = Clock::system().now();
    let alive = json!({ "status": "alive", "version": version, "started_at": started_at });
    let ready = move || {
        let check = readiness.check();
        async move { check.await.map(|()| Json(json!({ "status": "ready" }))) }
    };
    routes
        .route("/livez", get(async move || Json(alive)))
        .route("/readyz", get(ready))
        .fallback(|| async { ApiError::not_found("Not found") })
        .method_not_allowed_fallback(|| async {
            ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "This path does not take this method")
        })
        .layer(middleware::from_fn_with_state(name, observe))
}

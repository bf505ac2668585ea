//! What every service answers besides its own routes: health, and its metrics.

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::get,
};
use grove_http::Readiness;
use grove_telemetry::metrics;
use http::header;

/// Adds to a service's routes health, metrics, answers for unknown paths, and what happens around every
/// handler.
pub fn with_standard_routes(name: &'static str, routes: Router, readiness: Readiness) -> Router {
    grove_http::with_standard_routes(name, routes.merge(metrics_routes()), readiness)
}

/// `GET /metrics`, for a private address. From here on, not from the first look at them, things are counted.
pub fn metrics_routes() -> Router {
    metrics::install();
    Router::new().route("/metrics", get(show))
}

async fn show() -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], metrics::render()).into_response()
}

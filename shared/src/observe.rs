//! What happens around every handler: names, a span, metrics, a deadline, and no panic gets out.

use std::{
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use http::HeaderValue;
use tracing::Instrument;

use crate::{
    ApiError,
    request::{REQUEST_ID, RequestContext},
    traces::{self, Kind},
};

/// How long a handler may take before its client is told to come back.
const DEADLINE: Duration = Duration::from_secs(10);

/// axum middleware for every route of the service named by its state.
pub async fn observe(
    State(service): State<&'static str>,
    mut request: Request,
    next: Next,
) -> Response {
    // Who surrounds this may have named the request already.
    let context = request.extensions_mut().remove::<RequestContext>();
    let context = context.unwrap_or_else(|| RequestContext::from_headers(request.headers()));
    let context = context.served_by(service);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.unwrap_or_else(|| "unmatched".to_owned());
    let span = tracing::info_span!("request", service, %method, route, request.id = context.id);
    let mut step =
        traces::Span::begin(&context, service, Kind::Server, || format!("{method} {route}"));
    let id = HeaderValue::from_str(&context.id);
    let started = Instant::now();

    let mut response = context.scope(guarded(next.run(request)).instrument(span)).await;

    if let Ok(id) = id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let status = response.status();
    step.answered(method.as_str(), &route, status);
    let status = status.as_u16().to_string();
    let labels = [
        ("service", service.to_owned()),
        ("method", method.to_string()),
        ("route", route),
        ("status", status),
    ];
    metrics::counter!("http_requests_total", &labels).increment(1);
    metrics::histogram!("http_request_duration_seconds", &labels[..3])
        .record(started.elapsed().as_secs_f64());
    response
}

async fn guarded(handler: impl Future<Output = Response>) -> Response {
    let handler = tokio::time::timeout(DEADLINE, AssertUnwindSafe(handler).catch_unwind());
    match handler.await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            let message = panic.downcast_ref::<String>().map(String::as_str);
            let message = message.or_else(|| panic.downcast_ref::<&str>().copied());
            let cause = anyhow::anyhow!("panic: {}", message.unwrap_or("no message"));
            ApiError::internal(cause).into_response()
        }
        Err(_) => ApiError::unavailable("This took too long, please try again").into_response(),
    }
}

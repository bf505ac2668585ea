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
use grove_telemetry::{
    request::{CLIENT_LEFT, REQUEST_ID, RequestContext, method_label},
    traces::{self, Kind},
};
use http::{HeaderValue, StatusCode};
use tracing::Instrument;

use crate::{ApiError, received_body::Rest};

/// How long a handler may take before its client is told to come back. The gateway waits longer, so that
/// this answer arrives, which says when.
const DEADLINE: Duration = Duration::from_secs(8);

/// axum middleware for every route of the service named by its state.
pub async fn observe(
    State(service): State<&'static str>,
    mut request: Request,
    next: Next,
) -> Response {
    // A layer around this one may have named the request already.
    let context = request.extensions_mut().remove::<RequestContext>();
    let context = context.unwrap_or_else(|| RequestContext::from_headers(request.headers()));
    let context = context.served_by(service);
    let body = request.extensions().get::<Rest>().cloned();
    let exchange = Exchange::begin(service, &context, &request);
    let span = tracing::info_span!(
        "request",
        service,
        method = exchange.method,
        route = exchange.route,
        request.id = context.id
    );
    let id = HeaderValue::from_str(&context.id);
    let handler = guarded(next.run(request), body).instrument(span);
    let mut response = context.scope(handler).await;
    if let Ok(id) = id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    exchange.answered(response.status());
    response
}

/// What is known of a request. When it is dropped the request is counted, also when its client left and
/// hyper dropped all that was done for it.
struct Exchange {
    service: &'static str,
    method: &'static str,
    route: String,
    status: Option<StatusCode>,
    began: Instant,
    step: traces::Span,
}

impl Exchange {
    fn begin(service: &'static str, context: &RequestContext, request: &Request) -> Self {
        let method = method_label(request.method());
        let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
        let route = route.unwrap_or_else(|| "unmatched".to_owned());
        let step =
            traces::Span::begin(context, service, Kind::Server, || format!("{method} {route}"));
        Self { service, method, route, status: None, began: Instant::now(), step }
    }

    fn answered(mut self, status: StatusCode) {
        self.status = Some(status);
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let status = self.status.map_or(CLIENT_LEFT, |status| status.as_u16());
        self.step.answered(self.method, &self.route, status);
        let labels = [
            ("service", self.service.to_owned()),
            ("method", self.method.to_owned()),
            ("route", std::mem::take(&mut self.route)),
            ("status", status.to_string()),
        ];
        metrics::counter!("http_requests_total", &labels).increment(1);
        metrics::histogram!("http_request_duration_seconds", &labels[..3])
            .record(self.began.elapsed().as_secs_f64());
    }
}

/// The answer of a handler, or of what became of it. `body` is what is left of the request's body.
async fn guarded(handler: impl Future<Output = Response>, body: Option<Rest>) -> Response {
    let handler = tokio::time::timeout(DEADLINE, AssertUnwindSafe(handler).catch_unwind());
    match handler.await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            let message = panic.downcast_ref::<String>().map(String::as_str);
            let message = message.or_else(|| panic.downcast_ref::<&str>().copied());
            let cause = anyhow::anyhow!("panic: {}", message.unwrap_or("no message"));
            ApiError::internal(cause).into_response()
        }
        Err(_) if body.is_some_and(|body| !body.is_ended()) => {
            ApiError::new(StatusCode::REQUEST_TIMEOUT, "The body came too slowly").into_response()
        }
        Err(_) => ApiError::unavailable("This took too long, please try again").into_response(),
    }
}

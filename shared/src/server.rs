//! The HTTP server of every process: axum routers or any hyper service, on an accept loop of our own.
//!
//! `axum::serve` sets no header timeout, so a client that dribbles its headers holds a connection
//! for ever. Here headers must arrive within [`HEADER_TIMEOUT`], which is also how long an idle
//! connection is kept; a stop lets requests finish for [`DRAIN_TIMEOUT`] (ADR 6). What is not a
//! well-formed request is refused before hyper reads it.

use std::{convert::Infallible, fmt, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router, middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderValue, Request, StatusCode, header};
use http_body::Body;
use http_body_util::Either;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::{Service, ServiceExt};

pub use crate::listen::{bind, reserve};
use crate::{
    ApiError, Clock,
    extract::Json,
    head::MAX_HEAD_BYTES,
    observe::observe,
    process,
    request::RequestContext,
    strict::{Strict, Verdicts},
    telemetry, traces,
};

/// How long a client may take to send its headers, and how long an idle connection lives.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long requests may go on after the process was told to stop.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(8);

/// How long the gateway and the website leave connections open after a stop, for clients to see that it
/// is their last request.
pub const LINGER: Duration = Duration::from_secs(2);
const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// The address at the other end of the connection that a request came on.
#[derive(Debug, Clone, Copy)]
pub struct RemoteAddr(pub SocketAddr);

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
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Readiness")
    }
}

/// Adds to a service's routes what every service has: health, metrics, answers for unknown paths,
/// and the surroundings of [`observe`].
pub fn with_standard_routes(name: &'static str, routes: Router, readiness: Readiness) -> Router {
    with_public_routes(name, routes.merge(metrics_routes()), readiness)
}

/// The same without the metrics, for who listens to everyone.
pub fn with_public_routes(name: &'static str, routes: Router, readiness: Readiness) -> Router {
    // From here on, not from the first look at them, requests are counted.
    telemetry::metrics();
    let version = env!("CARGO_PKG_VERSION");
    let started_at = Clock::system().now();
    let alive = json!({ "status": "alive", "version": version, "started_at": started_at });
    let ready = move || {
        let check = (readiness.0)();
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

/// `GET /metrics`, for a private address.
pub fn metrics_routes() -> Router {
    Router::new().route("/metrics", get(metrics))
}

async fn metrics() -> Response {
    process::measure();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], telemetry::metrics().render())
        .into_response()
}

/// A service that answers every request, such as a router.
pub trait Answer:
    Service<
        Request<Incoming>,
        Response = http::Response<<Self as Answer>::Body>,
        Error = Infallible,
        Future: Send,
    > + Clone
    + Send
    + Sync
    + 'static
{
    /// What its answers consist of.
    type Body: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
        + Send
        + 'static;
}

impl<S, B> Answer for S
where
    S: Service<Request<Incoming>, Response = http::Response<B>, Error = Infallible>,
    S: Clone + Send + Sync + 'static,
    S::Future: Send,
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    type Body = B;
}

/// Serves `service` until `stop` is cancelled, then drains.
pub async fn serve<S: Answer>(listener: TcpListener, service: S, stop: CancellationToken) {
    serve_clients(listener, service, stop, Duration::ZERO).await;
}

/// As [`serve`], for clients that are not ours: a connection that is idle when the stop comes is closed
/// `linger` later, and a request that still comes on it is answered, and told to be the last. To close
/// it at once would cut off a request that is on its way (RFC 9112, section 9.5).
pub async fn serve_clients<S: Answer>(
    listener: TcpListener,
    service: S,
    stop: CancellationToken,
    linger: Duration,
) {
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, remote)) => {
                let stop = stop.clone();
                connections.spawn(connection(stream, remote, service.clone(), stop, linger));
            }
            Err(cause) => {
                // Out of file descriptors: the next accept fails at once, so wait for some to close.
                tracing::warn!(%cause, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(DRAIN_TIMEOUT + linger, connections.wait()).await.is_err() {
        tracing::warn!("requests were still running {} s after the stop", DRAIN_TIMEOUT.as_secs());
    }
    traces::flush().await;
}

async fn connection<S: Answer>(
    stream: TcpStream,
    remote: SocketAddr,
    service: S,
    stop: CancellationToken,
    linger: Duration,
) {
    let stopped = stop.clone();
    // Small answers go out at once; failing to ask for it costs speed only.
    let _ = stream.set_nodelay(true);
    let (stream, verdicts) = Strict::new(stream);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(RemoteAddr(remote));
        let answer = answer(service.clone(), request, verdicts.clone());
        let stopped = stopped.clone();
        async move {
            let mut response = answer.await?;
            if stopped.is_cancelled() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
                response.headers_mut().insert(header::CONNECTION, CLOSE);
            }
            Ok::<_, Infallible>(response)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(2 * MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = lingered(&stop, linger) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(cause) = ended {
        tracing::debug!(%cause, %remote, "connection ended");
    }
}

async fn lingered(stop: &CancellationToken, linger: Duration) {
    stop.cancelled().await;
    tokio::time::sleep(linger).await;
}

/// Lets the service answer, or refuses in its place.
async fn answer<S: Answer>(
    service: S,
    request: Request<Incoming>,
    verdicts: Arc<Verdicts>,
) -> Result<http::Response<Either<S::Body, axum::body::Body>>, Infallible> {
    if !request.headers().contains_key(header::HOST) {
        let refused = RequestContext::new().scope(async { refused(&verdicts) }).await;
        return Ok(refused.map(Either::Right));
    }
    let upgrades = request.headers().contains_key(header::UPGRADE);
    let response = service.oneshot(request).await?;
    if upgrades {
        verdicts.upgrade(response.status() == StatusCode::SWITCHING_PROTOCOLS);
    }
    Ok(response.map(Either::Left))
}

fn refused(verdicts: &Verdicts) -> Response {
    let (status, message) = verdicts.refusal().map_or_else(
        || (StatusCode::BAD_REQUEST, "The request is malformed"),
        |refusal| (StatusCode::from_u16(refusal.status).unwrap_or_default(), refusal.message),
    );
    let mut response = ApiError::new(status, message).into_response();
    response.headers_mut().insert(header::CONNECTION, CLOSE);
    response
}

/// Cancelled by SIGTERM and by Ctrl-C.
///
/// # Errors
/// When the process cannot listen for signals.
pub fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        stopped.cancel();
    });
    Ok(stop)
}

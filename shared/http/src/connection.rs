//! One connection: what happens between its socket and the service that answers its requests.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use grove_telemetry::RequestContext;
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, Version, header};
use http_body::Body;
use http_body_util::Either;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};

use crate::{
    ApiError,
    connections::Open,
    head::MAX_HEAD_BYTES,
    host,
    received_body::ReceivedBody,
    socket,
    strict::{Strict, Upgrade, Verdicts},
};

/// How long a client may take to send its headers, and how long an idle connection lives.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// The address at the other end of the connection that a request came on.
#[derive(Debug, Clone, Copy)]
pub struct RemoteAddr(pub SocketAddr);

/// Who connects to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Programs of Grove and those who run it.
    Programs,
    /// Everybody.
    Public,
}

/// A service that answers every request, such as a router.
pub trait Handler:
    Service<
        Request<ReceivedBody>,
        Response = http::Response<<Self as Handler>::Body>,
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

impl<S, B> Handler for S
where
    S: Service<Request<ReceivedBody>, Response = http::Response<B>, Error = Infallible>,
    S: Clone + Send + Sync + 'static,
    S::Future: Send,
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    type Body = B;
}

/// What the connections of a server have in common.
#[derive(Debug, Clone)]
pub(crate) struct Shared<S> {
    pub(crate) service: S,
    pub(crate) audience: Audience,
    pub(crate) stop: CancellationToken,
    /// How long an idle connection stays open after the stop.
    pub(crate) linger: Duration,
}

impl<S: Handler> Shared<S> {
    /// Serves a connection until either side ends it.
    pub(crate) async fn serve(self, stream: TcpStream, remote: SocketAddr, open: Open) {
        socket::prepare(&stream);
        let is_loopback = stream.local_addr().is_ok_and(|local| local.ip().is_loopback());
        let checks_host = self.audience == Audience::Programs && is_loopback;
        let (stream, verdicts) = Strict::new(stream);
        let open = Arc::new(open);
        let is_open = open.clone();
        let (stop, linger) = (self.stop.clone(), self.linger);
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(RemoteAddr(remote));
            let (service, verdicts) = (self.service.clone(), verdicts.clone());
            let one = One { service, verdicts, checks_host, open: open.clone() };
            let stop = self.stop.clone();
            async move {
                let mut response = one.answer(request).await?;
                if stop.is_cancelled() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
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
            // What has come is read before the connection is closed.
            biased;
            ended = connection.as_mut() => ended,
            () = is_open.is_evicted() => return,
            () = lingered(&stop, linger) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(cause) = ended {
            tracing::debug!(%cause, %remote, "connection ended");
        }
    }
}

async fn lingered(stop: &CancellationToken, linger: Duration) {
    stop.cancelled().await;
    tokio::time::sleep(linger).await;
}

/// One request of a connection.
struct One<S> {
    service: S,
    verdicts: Arc<Verdicts>,
    checks_host: bool,
    open: Arc<Open>,
}

impl<S: Handler> One<S> {
    /// Lets the service answer, or refuses in its place.
    async fn answer(
        self,
        request: Request<Incoming>,
    ) -> Result<http::Response<Either<S::Body, axum::body::Body>>, Infallible> {
        let Some(host) = request.headers().get(header::HOST) else {
            return Ok(refuse(refusal(&self.verdicts)).await.map(Either::Right));
        };
        if self.checks_host && !host::is_this_machine(host) {
            let message = "This address is for programs of this machine";
            let refusal = ApiError::new(StatusCode::MISDIRECTED_REQUEST, message);
            return Ok(refuse(refusal).await.map(Either::Right));
        }
        let awaits_upgrade = awaits_upgrade(&request);
        let invited = is_invited(request.headers());
        let (mut head, incoming) = request.into_parts();
        let (body, rest) = ReceivedBody::new(incoming);
        head.extensions.insert(rest.clone());
        self.open.begin(rest.clone());
        let mut response = self.service.oneshot(Request::from_parts(head, body)).await?;
        self.open.end();
        let switches = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        if awaits_upgrade {
            self.verdicts.upgrade(if switches { Upgrade::Accepted } else { Upgrade::Declined });
        }
        if switches || response.headers().get(header::CONNECTION) == Some(&CLOSE) {
            return Ok(response.map(Either::Left));
        }
        // hyper closes a connection whose request was not read to its end, without a word. A client that
        // waits to be invited has sent nothing, and is not invited any more.
        let is_read = if invited { rest.drain().await } else { rest.is_ended() };
        if !is_read {
            response.headers_mut().insert(header::CONNECTION, CLOSE);
        }
        Ok(response.map(Either::Left))
    }
}

/// Whether the connection waits for the answer before it reads on: as [`Framing::Upgrade`] says.
///
/// [`Framing::Upgrade`]: crate::head::Framing::Upgrade
fn awaits_upgrade(request: &Request<Incoming>) -> bool {
    request.version() == Version::HTTP_11
        && request.headers().contains_key(header::UPGRADE)
        && request.body().is_end_stream()
}

/// Whether the client sends its body without waiting for `100 Continue` (RFC 9110, section 10.1.1).
fn is_invited(headers: &HeaderMap) -> bool {
    !headers.contains_key(header::EXPECT)
}

/// Why the strict reader let a stand-in through.
fn refusal(verdicts: &Verdicts) -> ApiError {
    let (status, message) = verdicts.refusal().map_or_else(
        || (StatusCode::BAD_REQUEST, "The request is malformed"),
        |refusal| (StatusCode::from_u16(refusal.status).unwrap_or_default(), refusal.message),
    );
    ApiError::new(status, message)
}

/// What browsers are told with an answer that no handler gave: it is no page, and nobody's to keep.
const PROTECTED: [(HeaderName, HeaderValue); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (
        header::STRICT_TRANSPORT_SECURITY,
        HeaderValue::from_static("max-age=31536000; includeSubDomains"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

/// The last answer of a connection, to a request that no handler sees.
async fn refuse(refusal: ApiError) -> Response {
    let mut response = RequestContext::new().scope(async { refusal.into_response() }).await;
    response.headers_mut().extend(PROTECTED);
    response.headers_mut().insert(header::CONNECTION, CLOSE);
    response
}

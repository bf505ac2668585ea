//! `WebSocket` connections: once both sides agree, bytes go through as they come.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use grove_http::ApiError;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf, copy_bidirectional},
    time::{Instant, sleep_until},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{link::Link, reply::ReplyBody};

const UPGRADE: HeaderValue = HeaderValue::from_static("Upgrade");
const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");

/// Whether a client asks for a WebSocket. No other protocol is tunnelled: h2c would be a way around
/// every check (RFC 6455, section 4.1).
pub(crate) fn is_requested(method: &Method, headers: &HeaderMap) -> bool {
    let is_websocket = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"websocket");
    method == Method::GET && headers.get(header::UPGRADE).is_some_and(is_websocket)
}

/// Asks the service for a WebSocket, after the headers of the client's connection are gone.
pub(crate) fn request(headers: &mut HeaderMap) {
    headers.insert(header::CONNECTION, UPGRADE);
    headers.insert(header::UPGRADE, WEBSOCKET);
}

/// Every tunnel that is open.
#[derive(Debug)]
pub(crate) struct Tunnels {
    idle_timeout: Duration,
    tasks: TaskTracker,
    end: CancellationToken,
}

impl Tunnels {
    /// Tunnels that end when nothing went through them for `idle_timeout`.
    pub(crate) fn new(idle_timeout: Duration) -> Self {
        Self { idle_timeout, tasks: TaskTracker::new(), end: CancellationToken::new() }
    }

    /// Joins the two connections when the service has agreed, and tells the client so.
    pub(crate) fn join(
        &self,
        client: Option<OnUpgrade>,
        response: &mut Response<ReplyBody>,
    ) -> Result<(), ApiError> {
        let unexpected = || ApiError::new(StatusCode::BAD_GATEWAY, "The answer was not HTTP");
        let client = client.ok_or_else(unexpected)?;
        let service = hyper::upgrade::on(&mut *response);
        let link = response.body_mut().take_link().ok_or_else(unexpected)?;
        let joined = self.end.clone().run_until_cancelled_owned(run(
            client,
            service,
            link,
            self.idle_timeout,
        ));
        self.tasks.spawn(joined);
        request(response.headers_mut());
        Ok(())
    }

    /// Ends all of them after `stop`: nobody else does, and their clients connect again.
    pub(crate) async fn end_after(&self, stop: &CancellationToken) {
        stop.cancelled().await;
        self.end.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

async fn run(client: OnUpgrade, service: OnUpgrade, link: Box<Link>, idle_timeout: Duration) {
    let ((), joined) = tokio::join!(link.hand_over(), async {
        let (client, service) = tokio::try_join!(client, service)?;
        let last_used = LastUsed::default();
        let mut client = Watched { stream: TokioIo::new(client), last_used: last_used.clone() };
        let mut service = TokioIo::new(service);
        tokio::select! {
            copied = copy_bidirectional(&mut client, &mut service) => copied.map(drop)?,
            () = last_used.is_idle(idle_timeout) => anyhow::bail!("nothing went through it"),
        }
        anyhow::Ok(())
    });
    if let Err(cause) = joined {
        tracing::debug!(%cause, "a tunnel ended");
    }
}

/// When bytes went through a tunnel last.
#[derive(Debug, Clone)]
struct LastUsed(Arc<Mutex<Instant>>);

impl Default for LastUsed {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }
}

impl LastUsed {
    fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Waits until nothing went through for `limit`.
    async fn is_idle(&self, limit: Duration) {
        loop {
            let end = *self.0.lock().unwrap_or_else(PoisonError::into_inner) + limit;
            if end <= Instant::now() {
                return;
            }
            sleep_until(end).await;
        }
    }
}

/// The client's side of a tunnel: each byte passes here.
#[derive(Debug)]
struct Watched {
    stream: TokioIo<Upgraded>,
    last_used: LastUsed,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        self.last_used.note();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, buf))?;
        self.last_used.note();
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

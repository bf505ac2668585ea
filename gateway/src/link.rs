//! One connection to a service, driven by whoever waits for its answer.
//!
//! hyper wants its connection polled; a task of its own for that would cost two switches a request.

use std::{
    fmt,
    future::poll_fn,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use hyper::{
    body::Incoming,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::{
    body::RequestBody,
    upstream::{Upstream, poll_now},
};

type Connection = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

/// A connection to a service.
pub(crate) struct Link {
    /// The replica that it leads to.
    pub(crate) address: SocketAddr,
    sender: SendRequest<RequestBody>,
    /// None when it has ended.
    connection: Option<Connection>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum SendError {
    /// Nothing was sent; here is the request again.
    Unsent(Box<Request<RequestBody>>, hyper::Error),
    /// Some of it was sent, so the service may have acted on it.
    Broken(hyper::Error),
}

impl Link {
    pub(crate) async fn open(stream: TcpStream, address: SocketAddr) -> hyper::Result<Self> {
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        Ok(Self { address, sender, connection: Some(Box::pin(connection.with_upgrades())) })
    }

    /// Whether another request may be sent.
    pub(crate) fn is_usable(&mut self) -> bool {
        let open = self.connection.as_mut().is_some_and(|open| poll_now(open).is_pending());
        open && self.sender.is_ready()
    }

    /// Sends a request and waits for the head of the answer.
    pub(crate) async fn send(
        &mut self,
        request: Request<RequestBody>,
    ) -> Result<Response<Incoming>, SendError> {
        let mut answer = pin!(self.sender.try_send_request(request));
        let connection = &mut self.connection;
        let sent = poll_fn(|cx| {
            drive(connection, cx);
            answer.as_mut().poll(cx)
        });
        sent.await.map_err(|mut failure| match failure.take_message() {
            Some(request) => SendError::Unsent(Box::new(request), failure.into_error()),
            None => SendError::Broken(failure.into_error()),
        })
    }

    /// Drives the connection until another protocol takes it over.
    pub(crate) async fn hand_over(mut self: Box<Self>) {
        if let Some(connection) = self.connection.take()
            && let Err(cause) = connection.await
        {
            tracing::debug!(%cause, "an upgraded connection failed");
        }
    }
}

fn drive(connection: &mut Option<Connection>, cx: &mut Context<'_>) {
    if let Some(open) = connection
        && open.as_mut().poll(cx).is_ready()
    {
        *connection = None;
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("open", &self.connection.is_some()).finish_non_exhaustive()
    }
}

/// The body of an answer. When it has been read the connection goes back to its service; when it is
/// dropped before, the connection closes.
#[derive(Debug)]
pub(crate) struct ReplyBody {
    incoming: Incoming,
    link: Option<Box<Link>>,
    upstream: Arc<Upstream>,
    ended: bool,
}

impl ReplyBody {
    pub(crate) fn new(incoming: Incoming, link: Box<Link>, upstream: Arc<Upstream>) -> Self {
        Self { incoming, link: Some(link), upstream, ended: false }
    }

    /// Takes the connection out, for another protocol.
    pub(crate) fn take_link(&mut self) -> Option<Box<Link>> {
        self.link.take()
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = &mut *self;
        // Asking the body makes the connection read on, which fills the body.
        let mut frame = Pin::new(&mut this.incoming).poll_frame(cx);
        if frame.is_pending()
            && let Some(link) = &mut this.link
        {
            drive(&mut link.connection, cx);
            frame = Pin::new(&mut this.incoming).poll_frame(cx);
        }
        this.ended |= matches!(frame, Poll::Ready(None));
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl Drop for ReplyBody {
    fn drop(&mut self) {
        if let Some(link) = self.link.take()
            && (self.ended || self.incoming.is_end_stream())
        {
            self.upstream.keep(link);
        }
    }
}

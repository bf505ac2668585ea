//! One connection to a service, driven by whoever waits for its answer.
//!
//! hyper wants its connection polled; a task of its own for that would cost two switches a request.

use std::{
    fmt,
    future::poll_fn,
    net::SocketAddr,
    pin::{Pin, pin},
    task::{Context, Waker},
};

use http::{Request, Response};
use hyper::{
    body::Incoming,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;

use crate::body::RequestBody;

type Connection = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

/// A connection to a service.
pub(crate) struct Link {
    /// The replica that it leads to.
    pub(crate) address: SocketAddr,
    sender: SendRequest<RequestBody>,
    /// None when it has ended, or goes on by itself.
    connection: Option<Connection>,
    task: Option<AbortOnDropHandle<hyper::Result<()>>>,
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
        Ok(Self {
            address,
            sender,
            connection: Some(Box::pin(connection.with_upgrades())),
            task: None,
        })
    }

    /// Whether another request may be sent.
    pub(crate) fn is_usable(&mut self) -> bool {
        self.drive(&mut Context::from_waker(Waker::noop()));
        self.connection.is_some() && self.sender.is_ready()
    }

    /// Lets the connection read and write on.
    pub(crate) fn drive(&mut self, cx: &mut Context<'_>) {
        drive(&mut self.connection, cx);
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

    /// Lets the connection go on by itself, until this is dropped. Then it serves this request only.
    pub(crate) fn let_go(&mut self) {
        let connection = self.connection.take();
        self.task = connection.map(|open| AbortOnDropHandle::new(tokio::spawn(open)));
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

//! The answer of a service on its way to the client.

use std::{
    error::Error,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};

use crate::{link::Link, upstream::Upstream};

/// The body of an answer. When it has been read the connection goes back to its service; when it is
/// dropped before, the connection closes.
#[derive(Debug)]
pub(crate) struct ReplyBody {
    incoming: Incoming,
    link: Option<Box<Link>>,
    upstream: Arc<Upstream>,
    pauses: Pauses,
    ended: bool,
}

impl ReplyBody {
    /// The service may pause for `idle_timeout`.
    pub(crate) fn new(
        incoming: Incoming,
        link: Box<Link>,
        upstream: Arc<Upstream>,
        idle_timeout: Duration,
    ) -> Self {
        let pauses = Pauses { limit: idle_timeout, pause: None, is_paused: false };
        Self { incoming, link: Some(link), upstream, pauses, ended: false }
    }

    /// Takes the connection out, for another protocol.
    pub(crate) fn take_link(&mut self) -> Option<Box<Link>> {
        self.link.take()
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = &mut *self;
        // Asking the body makes the connection read on, which fills the body.
        let mut frame = Pin::new(&mut this.incoming).poll_frame(cx);
        if frame.is_pending()
            && let Some(link) = &mut this.link
        {
            link.drive(cx);
            frame = Pin::new(&mut this.incoming).poll_frame(cx);
        }
        this.ended |= matches!(frame, Poll::Ready(None));
        if frame.is_ready() {
            this.pauses.end();
        } else if this.pauses.poll_too_long(cx).is_ready() {
            tracing::warn!("{} paused too long in an answer", this.upstream.name);
            return Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::TimedOut).into())));
        }
        frame.map_err(Into::into)
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

/// The pauses of a service in its answer.
#[derive(Debug)]
struct Pauses {
    limit: Duration,
    pause: Option<Pin<Box<Sleep>>>,
    is_paused: bool,
}

impl Pauses {
    /// Ready when a pause has lasted too long.
    fn poll_too_long(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let limit = self.limit;
        let pause = self.pause.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        if !self.is_paused {
            pause.as_mut().reset(Instant::now() + limit);
            self.is_paused = true;
        }
        pause.as_mut().poll(cx)
    }

    fn end(&mut self) {
        self.is_paused = false;
    }
}

//! The body of a request on its way to a service: bounded in size and in the client's pauses.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use grove_http::{ApiError, server::ReceivedBody};
use http::StatusCode;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::time::{Instant, Sleep};

/// A client that sends slower than this many bytes in a millisecond uses up the time that it may pause.
const BYTES_A_MILLISECOND: u64 = 1;

/// What the client did wrong while it sent the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    TooLarge,
    TooSlow,
    Malformed,
}

/// How far a body has come, told to whoever waits for the answer.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    bytes: AtomicU64,
    is_sent: AtomicBool,
    fault: OnceLock<Fault>,
}

impl Progress {
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Whether all of it was sent on.
    pub(crate) fn is_sent(&self) -> bool {
        self.is_sent.load(Ordering::Relaxed)
    }

    /// The answer to a client that did not send its body well.
    pub(crate) fn fault(&self) -> Option<ApiError> {
        let (status, message) = match self.fault.get()? {
            Fault::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "The body is too large"),
            Fault::TooSlow => (StatusCode::REQUEST_TIMEOUT, "The body came too slowly"),
            Fault::Malformed => (StatusCode::BAD_REQUEST, "The body is malformed or cut off"),
        };
        Some(ApiError::new(status, message))
    }

    fn fail(&self, fault: Fault) -> io::Error {
        let _ = self.fault.set(fault);
        io::Error::other("the client did not send its body well")
    }
}

/// The body of a request.
#[derive(Debug)]
pub(crate) enum RequestBody {
    /// None, so that the request can be sent again.
    Empty,
    /// Read already.
    Buffered(Bytes),
    /// Still on its way.
    Upload(Box<Upload>),
}

/// A body that streams from the client.
#[derive(Debug)]
pub(crate) struct Upload {
    incoming: ReceivedBody,
    left: u64,
    pauses: PauseBudget,
    progress: Arc<Progress>,
}

impl RequestBody {
    pub(crate) fn new(incoming: ReceivedBody, limit: u64, timeout: Duration) -> Self {
        if incoming.is_end_stream() {
            return Self::Empty;
        }
        let (pauses, progress) = (PauseBudget::new(timeout), Arc::default());
        Self::Upload(Box::new(Upload { incoming, left: limit, pauses, progress }))
    }

    /// Refuses what says itself that it is too large, before any of it is read.
    pub(crate) fn check_size(&self) -> Result<(), ApiError> {
        match self {
            Self::Upload(upload) if upload.incoming.size_hint().lower() > upload.left => {
                Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large"))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// The same body once more, if it is not on its way any longer.
    pub(crate) fn again(&self) -> Option<Self> {
        match self {
            Self::Empty => Some(Self::Empty),
            Self::Buffered(bytes) => Some(Self::Buffered(bytes.clone())),
            Self::Upload(_) => None,
        }
    }

    /// How far the body has come; none when it does not come from the client any more.
    pub(crate) fn progress(&self) -> Option<Arc<Progress>> {
        match self {
            Self::Upload(upload) => Some(upload.progress.clone()),
            Self::Empty | Self::Buffered(_) => None,
        }
    }

    /// Reads the body, which still goes on to the service.
    pub(crate) async fn buffer(&mut self, limit: u64) -> Result<Bytes, ApiError> {
        if let Self::Upload(upload) = self {
            upload.left = upload.left.min(limit);
            let read = upload.collect().await;
            let fault = || upload.progress.fault();
            let read =
                read.map_err(|cause| fault().unwrap_or_else(|| ApiError::internal(cause)))?;
            *self = Self::Buffered(read.to_bytes());
        }
        match self {
            Self::Buffered(bytes) => Ok(bytes.clone()),
            Self::Empty | Self::Upload(_) => Ok(Bytes::new()),
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match &mut *self {
            Self::Empty => Poll::Ready(None),
            Self::Buffered(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Buffered(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Upload(upload) => Pin::new(upload.as_mut()).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Buffered(bytes) => bytes.is_empty(),
            Self::Upload(upload) => upload.incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Buffered(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Upload(upload) => upload.incoming.size_hint(),
        }
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        loop {
            let Poll::Ready(frame) = Pin::new(&mut self.incoming).poll_frame(cx) else {
                ready!(self.pauses.poll_spent(cx));
                return Poll::Ready(Some(Err(self.progress.fail(Fault::TooSlow))));
            };
            if frame.is_none() || self.incoming.is_end_stream() {
                self.progress.is_sent.store(true, Ordering::Relaxed);
            }
            let Some(frame) = frame else { return Poll::Ready(None) };
            let Ok(frame) = frame else {
                return Poll::Ready(Some(Err(self.progress.fail(Fault::Malformed))));
            };
            // Trailers are dropped: no service reads any (RFC 9110, section 6.5.1).
            let Ok(data) = frame.into_data() else { continue };
            let length = data.len() as u64;
            let Some(left) = self.left.checked_sub(length) else {
                return Poll::Ready(Some(Err(self.progress.fail(Fault::TooLarge))));
            };
            self.left = left;
            self.pauses.restore(length);
            self.progress.bytes.fetch_add(length, Ordering::Relaxed);
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
    }
}

/// How long a client may still pause: its pauses use it up, its bytes restore it.
#[derive(Debug)]
struct PauseBudget {
    most: Duration,
    left: Duration,
    pause: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl PauseBudget {
    fn new(most: Duration) -> Self {
        Self { most, left: most, pause: None }
    }

    /// Ready when a pause has used it up.
    fn poll_spent(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let left = self.left;
        let begin = || (Instant::now(), Box::pin(tokio::time::sleep(left)));
        self.pause.get_or_insert_with(begin).1.as_mut().poll(cx)
    }

    fn restore(&mut self, bytes: u64) {
        if let Some((began, _)) = self.pause.take() {
            self.left = self.left.saturating_sub(began.elapsed());
        }
        let gained = Duration::from_millis(bytes / BYTES_A_MILLISECOND);
        self.left = self.left.saturating_add(gained).min(self.most);
    }
}

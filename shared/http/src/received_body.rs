//! The body of a request as it comes from the client. What a handler leaves unread the server reads, so
//! that the next request on the connection is answered, too.

use std::{
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::timeout;

/// What a handler left unread is read up to this many bytes, and for this long.
const DRAINED: (u64, Duration) = (64 * 1024, Duration::from_secs(1));

/// The body of a request.
#[derive(Debug)]
pub struct ReceivedBody {
    /// Nothing after it was dropped.
    incoming: Option<Incoming>,
    rest: Rest,
}

/// What is left of a body, for the server.
#[derive(Debug, Clone)]
pub(crate) struct Rest(Arc<Mutex<State>>);

#[derive(Debug)]
enum State {
    /// The handler has it, and may read on.
    Held,
    /// Nothing is left.
    Ended,
    /// The handler let go of it.
    Left(Incoming),
}

impl ReceivedBody {
    pub(crate) fn new(incoming: Incoming) -> (Self, Rest) {
        let state = if incoming.is_end_stream() { State::Ended } else { State::Held };
        let rest = Rest(Arc::new(Mutex::new(state)));
        (Self { incoming: Some(incoming), rest: rest.clone() }, rest)
    }
}

impl Body for ReceivedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(incoming) = &mut self.incoming else { return Poll::Ready(None) };
        let frame = Pin::new(incoming).poll_frame(cx);
        if matches!(frame, Poll::Ready(None)) || self.is_end_stream() {
            *self.rest.lock() = State::Ended;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

impl Drop for ReceivedBody {
    fn drop(&mut self) {
        let mut state = self.rest.lock();
        if let (State::Held, Some(incoming)) = (&*state, self.incoming.take()) {
            *state = State::Left(incoming);
        }
    }
}

#[cfg(test)]
impl Rest {
    pub(crate) fn ended() -> Self {
        Self(Arc::new(Mutex::new(State::Ended)))
    }

    pub(crate) fn held() -> Self {
        Self(Arc::new(Mutex::new(State::Held)))
    }
}

impl Rest {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the body has been read to its end.
    pub(crate) fn is_ended(&self) -> bool {
        matches!(*self.lock(), State::Ended)
    }

    /// Reads what the handler left, if that is little; says whether nothing is left.
    pub(crate) async fn drain(&self) -> bool {
        let mut left = match mem::replace(&mut *self.lock(), State::Ended) {
            State::Ended => return true,
            // It is being read on while the answer goes out.
            State::Held => return false,
            State::Left(incoming) => incoming,
        };
        let (most, limit) = DRAINED;
        if left.size_hint().lower() > most {
            return false;
        }
        let read = async {
            let mut bytes = 0;
            while let Some(frame) = left.frame().await {
                bytes += frame.ok()?.data_ref().map_or(0, Bytes::len) as u64;
                if bytes > most {
                    return None;
                }
            }
            Some(())
        };
        matches!(timeout(limit, read).await, Ok(Some(())))
    }
}

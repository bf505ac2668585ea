//! A connection that lets only well-formed HTTP/1 requests through, and no client that never reads.
//!
//! It stands between the socket and hyper. In the place of a request that is refused, hyper reads a
//! stand-in, so that answers keep their order; the server answers that one with the [`Refusal`].

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::task::AtomicWaker;
use grove_telemetry::Throttle;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Sleep,
};

use crate::{
    framing::{Scanner, Verdict},
    head::{MAX_HEAD_BYTES, Refusal},
};

/// Only this request has no Host: one of a client would be refused.
const STAND_IN: &[u8] = b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n";
/// How long a client may leave what is sent to it unread.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// What a client may go on sending after we have closed, so that it reads our last answer before
/// the system resets the connection.
const LINGER: (Duration, usize) = (Duration::from_secs(1), 64 * 1024);

/// What the connection and the server tell each other.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    refusal: OnceLock<Refusal>,
    /// How the upgrade was answered that the connection waits for.
    upgrade: Mutex<Option<Upgrade>>,
    reader: AtomicWaker,
}

/// How a request to speak another protocol was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upgrade {
    /// The connection is no longer HTTP.
    Accepted,
    /// It stays HTTP.
    Declined,
}

impl Verdicts {
    /// Why the request without a Host was refused.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        self.refusal.get().copied()
    }

    /// Tells how an upgrade was answered that the connection waits for.
    pub(crate) fn upgrade(&self, answer: Upgrade) {
        *self.upgrade.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        self.reader.wake();
    }

    fn take_upgrade(&self) -> Option<Upgrade> {
        self.upgrade.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Counts what is refused, and says so now and then: anyone can cause it.
fn note(reason: &'static str) {
    static LINES: Throttle = Throttle::new();
    metrics::counter!("http_requests_malformed_total", "reason" => reason).increment(1);
    if let Some(others) = LINES.pass() {
        tracing::info!(reason, others, "a malformed request is refused: {reason}");
    }
}

/// A [`TcpStream`] with a [`Scanner`] in its ear.
#[derive(Debug)]
pub(crate) struct Strict {
    stream: TcpStream,
    scanner: Scanner,
    /// Bytes that were read: the first `checked` may be handed on.
    held: Vec<u8>,
    checked: usize,
    end: Option<Verdict>,
    verdicts: Arc<Verdicts>,
    stalled: Option<Pin<Box<Sleep>>>,
    lingering: Option<(Pin<Box<Sleep>>, usize)>,
    /// Whether the connection ends without a word.
    is_reset: bool,
}

impl Strict {
    pub(crate) fn new(stream: TcpStream) -> (Self, Arc<Verdicts>) {
        let verdicts = Arc::new(Verdicts::default());
        let strict = Self {
            stream,
            scanner: Scanner::new(),
            held: Vec::new(),
            checked: 0,
            end: None,
            verdicts: verdicts.clone(),
            stalled: None,
            lingering: None,
            is_reset: false,
        };
        (strict, verdicts)
    }

    /// Notes how far the scanner came; true when the rest of the connection is not read.
    fn judge(&mut self, verdict: Verdict) {
        if verdict == Verdict::Fine {
            return;
        }
        self.end = Some(verdict);
        self.held.truncate(self.checked);
        note(match verdict {
            Verdict::Refused(refusal) => refusal.message,
            Verdict::Broken | Verdict::Fine => "The body is malformed",
        });
        if let Verdict::Refused(refusal) = verdict {
            let _ = self.verdicts.refusal.set(refusal);
            self.held.extend_from_slice(STAND_IN);
            self.checked = self.held.len();
        }
    }

    /// Reads straight into `buf`, and takes out of it again what may not be handed on yet.
    fn poll_read_through(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<bool>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        let read = &buf.filled()[before..];
        if read.is_empty() {
            return Poll::Ready(Ok(true));
        }
        let scanned = self.scanner.scan(read);
        self.held.extend_from_slice(&read[scanned.passed..]);
        buf.set_filled(before + scanned.passed);
        self.judge(scanned.verdict);
        Poll::Ready(Ok(scanned.passed > 0))
    }

    /// Reads more of what is incomplete.
    fn poll_read_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut more = [0; 8 * 1024];
        let mut more = ReadBuf::new(&mut more);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut more))?;
        if more.filled().is_empty() {
            return Poll::Ready(Ok(true));
        }
        debug_assert!(self.held.len() <= MAX_HEAD_BYTES + 8 * 1024);
        self.held.extend_from_slice(more.filled());
        self.rescan();
        Poll::Ready(Ok(false))
    }

    fn rescan(&mut self) {
        let scanned = self.scanner.scan(&self.held);
        self.checked = scanned.passed;
        self.judge(scanned.verdict);
    }

    /// Whether the answer to an upgrade has come, if one is awaited.
    fn poll_upgrade(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.scanner.awaits_upgrade() {
            self.verdicts.reader.register(cx.waker());
            let Some(answer) = self.verdicts.take_upgrade() else { return Poll::Pending };
            self.scanner.upgrade(answer == Upgrade::Accepted);
            if !self.held.is_empty() {
                self.rescan();
            }
        }
        Poll::Ready(())
    }

    /// Fails what has been pending for [`WRITE_TIMEOUT`].
    fn timed<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let new = || Box::pin(tokio::time::sleep(WRITE_TIMEOUT));
        ready!(self.stalled.get_or_insert_with(new).as_mut().poll(cx));
        // What the client does not read is not kept for it any longer: the connection is reset.
        let _ = self.stream.set_zero_linger();
        self.is_reset = true;
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Strict {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.checked > 0 {
                let taken = this.checked.min(buf.remaining());
                buf.put_slice(&this.held[..taken]);
                this.held.drain(..taken);
                this.checked -= taken;
                return Poll::Ready(Ok(()));
            }
            match this.end {
                Some(Verdict::Broken) => {
                    return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
                }
                // The answer to the stand-in ends the connection.
                Some(_) => return Poll::Pending,
                None => ready!(this.poll_upgrade(cx)),
            }
            if this.checked > 0 || this.end.is_some() {
                continue;
            }
            let done = if this.held.is_empty() {
                ready!(this.poll_read_through(cx, buf))?
            } else {
                ready!(this.poll_read_more(cx))?
            };
            if done {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncWrite for Strict {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.timed(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.timed(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.is_reset {
            return Poll::Ready(Ok(()));
        }
        if this.lingering.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
        }
        let new = || (Box::pin(tokio::time::sleep(LINGER.0)), LINGER.1);
        let (timer, left) = this.lingering.get_or_insert_with(new);
        let mut rest = [0; 8 * 1024];
        while *left > 0 && timer.as_mut().poll(cx).is_pending() {
            let mut rest = ReadBuf::new(&mut rest);
            match ready!(Pin::new(&mut this.stream).poll_read(cx, &mut rest)) {
                Ok(()) if !rest.filled().is_empty() => {
                    *left = left.saturating_sub(rest.filled().len());
                }
                _ => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}

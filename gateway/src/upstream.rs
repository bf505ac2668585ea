//! A service and the connections to it that are open.

use std::{
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use grove_shared::peer::POOL_IDLE_TIMEOUT;
use http::HeaderValue;
use tokio::{net::TcpStream, time::Instant};
use url::Url;

use crate::link::Link;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Connections that are kept although nobody uses them.
const MAX_IDLE: usize = 512;
/// A service that answered this recently is expected back.
const RECENTLY: Duration = Duration::from_mins(1);

/// A service, by its name and address.
#[derive(Debug)]
pub(crate) struct Upstream {
    pub(crate) name: String,
    /// The value of `Host`.
    pub(crate) authority: HeaderValue,
    host: String,
    port: u16,
    /// The one used last is at the end, and used next.
    idle: Mutex<Vec<(Instant, Box<Link>)>>,
    answered: Mutex<Option<Instant>>,
}

impl Upstream {
    /// The service at an `http://host:port`.
    pub(crate) fn new(name: &str, url: &Url) -> anyhow::Result<Self> {
        ensure!(url.scheme() == "http" && url.path() == "/", "{name} must be at http://host:port");
        let host = url.host_str().context("a host")?;
        let port = url.port_or_known_default().context("a port")?;
        Ok(Self {
            name: name.to_owned(),
            authority: HeaderValue::try_from(format!("{host}:{port}"))?,
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            idle: Mutex::default(),
            answered: Mutex::default(),
        })
    }

    /// A connection, and whether it has been used before.
    pub(crate) async fn connect(self: &Arc<Self>) -> anyhow::Result<(Box<Link>, bool)> {
        match self.take_idle() {
            Some(link) => Ok((link, true)),
            None => Ok((Box::pin(self.open()).await?, false)),
        }
    }

    async fn open(&self) -> anyhow::Result<Box<Link>> {
        let stream = TcpStream::connect((self.host.as_str(), self.port));
        let stream = tokio::time::timeout(CONNECT_TIMEOUT, stream).await??;
        stream.set_nodelay(true)?;
        Ok(Box::new(Link::open(stream).await?))
    }

    fn take_idle(&self) -> Option<Box<Link>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((since, mut link)) = idle.pop() {
            if since.elapsed() > POOL_IDLE_TIMEOUT {
                idle.clear();
            } else if link.is_usable() {
                return Some(link);
            }
        }
        None
    }

    /// Keeps a connection whose answer has been read to its end.
    pub(crate) fn keep(&self, mut link: Box<Link>) {
        if !link.is_usable() {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE {
            idle.push((Instant::now(), link));
        }
    }

    /// Closes connections that nobody has used for a while.
    pub(crate) fn prune(&self) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(since, _)| since.elapsed() <= POOL_IDLE_TIMEOUT);
    }

    /// Notes that the service has answered.
    pub(crate) fn has_answered(&self) {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether the service has answered a moment ago.
    pub(crate) fn answered_recently(&self) -> bool {
        let answered = *self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        answered.is_some_and(|at| at.elapsed() < RECENTLY)
    }
}

/// Polls once, for its effect.
pub(crate) fn poll_now<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    std::pin::Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

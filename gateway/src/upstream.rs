//! A service, its replicas, and the connections to them that are open.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use anyhow::{Context as _, anyhow, ensure};
use http::HeaderValue;
use tokio::{
    net::{TcpStream, lookup_host},
    time::Instant,
};
use url::Url;

use crate::{link::Link, replicas::Replicas};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// A replica that does not take a connection this soon is passed over for another.
const IMPATIENT: Duration = Duration::from_millis(100);
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
    replicas: Mutex<Replicas<Box<Link>>>,
    answered: Mutex<Option<Instant>>,
}

impl Upstream {
    /// The service at an `http://host:port`. A name with several addresses has as many replicas.
    pub(crate) fn new(name: &str, url: &Url) -> anyhow::Result<Self> {
        ensure!(url.scheme() == "http" && url.path() == "/", "{name} must be at http://host:port");
        let host = url.host_str().context("a host")?;
        let port = url.port_or_known_default().context("a port")?;
        Ok(Self {
            name: name.to_owned(),
            authority: HeaderValue::try_from(format!("{host}:{port}"))?,
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            replicas: Mutex::default(),
            answered: Mutex::default(),
        })
    }

    fn replicas(&self) -> MutexGuard<'_, Replicas<Box<Link>>> {
        self.replicas.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection to the replica whose turn it is, and whether it has been used before.
    pub(crate) async fn connect(self: &Arc<Self>) -> anyhow::Result<(Box<Link>, bool)> {
        let idle = self.replicas().take_idle(|link| link.is_usable());
        match idle {
            Some(link) => Ok((link, true)),
            None => Ok((Box::pin(self.open()).await?, false)),
        }
    }

    /// Opens a connection to the first replica that takes one, in the order of their turns.
    async fn open(&self) -> anyhow::Result<Box<Link>> {
        let mut addresses = self.replicas().in_turn();
        if addresses.is_empty() {
            self.resolve().await?;
            addresses = self.replicas().in_turn();
        }
        let last = addresses.len().saturating_sub(1);
        let mut failure = anyhow!("{} has no address", self.host);
        for (number, address) in addresses.into_iter().enumerate() {
            let patience = if number == last { CONNECT_TIMEOUT } else { IMPATIENT };
            match tokio::time::timeout(patience, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    stream.set_nodelay(true)?;
                    return Ok(Box::new(Link::open(stream, address).await?));
                }
                Ok(Err(cause)) => failure = cause.into(),
                Err(cause) => failure = cause.into(),
            }
            self.replicas().avoid(address);
        }
        // It may have moved, as a container does that is made anew.
        self.replicas().forget();
        Err(failure)
    }

    /// Whether the service is named, so that its addresses may change.
    pub(crate) fn has_name(&self) -> bool {
        self.host.parse::<IpAddr>().is_err()
    }

    /// Looks the service's addresses up, so that replicas that came or went are known.
    ///
    /// # Errors
    /// When the name cannot be resolved; what was known stays.
    pub(crate) async fn resolve(&self) -> anyhow::Result<()> {
        let addresses = lookup_host((self.host.as_str(), self.port)).await?;
        self.replicas().set(addresses.collect());
        Ok(())
    }

    /// Where its replicas are, as far as it is known.
    pub(crate) fn addresses(&self) -> Vec<String> {
        self.replicas().addresses().map(|address| address.to_string()).collect()
    }

    /// Keeps a connection whose answer has been read to its end.
    pub(crate) fn keep(&self, mut link: Box<Link>) {
        if link.is_usable() {
            self.replicas().keep(link.address, link);
        }
    }

    /// Closes connections that nobody has used for a while.
    pub(crate) fn prune(&self) {
        self.replicas().prune();
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

//! A service, its replicas, and the connections to them that are open.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context, anyhow};
use grove_http::socket;
use http::{HeaderValue, Uri};
use tokio::{
    net::{TcpStream, lookup_host},
    time::Instant,
};

use crate::{link::Link, recovery::Recovery, replicas::Replicas};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// A replica that does not take a connection this soon is passed over for another.
const FALLBACK_TIMEOUT: Duration = Duration::from_millis(100);
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
    recovery: Arc<Recovery>,
}

impl Upstream {
    /// The service at an `http://host:port`. A name with several addresses has as many replicas.
    pub(crate) fn new(name: &str, url: &Uri) -> anyhow::Result<Self> {
        let host = url.host().with_context(|| format!("the URL of {name} has no host"))?;
        let port = url.port_u16().unwrap_or(80);
        Ok(Self {
            name: name.to_owned(),
            authority: HeaderValue::try_from(format!("{host}:{port}"))?,
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            replicas: Mutex::default(),
            answered: Mutex::default(),
            recovery: Arc::default(),
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
            None => Ok((Box::new(Box::pin(self.open()).await?), false)),
        }
    }

    /// Waits until the service takes connections, or until `end`; says whether it does.
    pub(crate) async fn is_back(self: &Arc<Self>, end: Instant) -> bool {
        let upstream = self.clone();
        let probe = move || {
            let upstream = upstream.clone();
            async move { upstream.open().await.map(|link| upstream.keep(Box::new(link))).is_ok() }
        };
        self.recovery.wait(end, probe).await
    }

    /// Opens a connection to the first replica that takes one, in the order of their turns.
    async fn open(&self) -> anyhow::Result<Link> {
        let mut addresses = self.replicas().in_turn();
        if addresses.is_empty() {
            self.resolve().await?;
            addresses = self.replicas().in_turn();
        }
        let last = addresses.len().saturating_sub(1);
        let mut failure = anyhow!("{} has no address", self.host);
        for (number, address) in addresses.into_iter().enumerate() {
            let limit = if number == last { CONNECT_TIMEOUT } else { FALLBACK_TIMEOUT };
            match tokio::time::timeout(limit, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    socket::prepare(&stream);
                    return Ok(Link::open(stream, address).await?);
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

//! The client applications in memory, as the database had them at most a second ago.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use grove_http::ApiError;
use grove_shared::{Clock, token};
use sqlx::MySqlPool;
use tokio::{sync::Mutex, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    clients::{Scope, scopes},
    store,
};

/// How long a token goes on that another program has revoked.
const REFRESH_INTERVAL: Duration = Duration::from_secs(1);
/// Unknown tokens make the database be asked this often at most.
const REFRESH_PAUSE: Duration = Duration::from_millis(250);
/// How often the times of last use are written.
const USE_INTERVAL: Duration = Duration::from_secs(5);

/// An application whose token is valid.
#[derive(Debug)]
pub(crate) struct Application {
    id: u64,
    pub(crate) name: Arc<str>,
    scopes: Vec<Scope>,
    expires_at: Option<DateTime<Utc>>,
    used: Arc<AtomicBool>,
}

impl Application {
    pub(crate) fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}

type Applications = HashMap<[u8; 32], Arc<Application>>;

/// Every application, by the hash of its token.
#[derive(Debug)]
pub(crate) struct Registry {
    db: MySqlPool,
    clock: Clock,
    applications: RwLock<Arc<Applications>>,
    /// When the last refresh began, and whether it succeeded.
    refreshed: Mutex<Option<(Instant, bool)>>,
}

impl Registry {
    pub(crate) fn new(db: MySqlPool, clock: Clock) -> Self {
        Self { db, clock, applications: RwLock::default(), refreshed: Mutex::default() }
    }

    /// The application that a token belongs to.
    pub(crate) async fn find(&self, token: &str) -> Result<Option<Arc<Application>>, ApiError> {
        let hash = token::hash(token);
        if let Some(application) = self.known(&hash) {
            return Ok(Some(application));
        }
        Box::pin(self.refresh()).await?;
        Ok(self.known(&hash))
    }

    fn known(&self, hash: &[u8; 32]) -> Option<Arc<Application>> {
        let application = self.current().get(hash).cloned()?;
        let ended = application.expires_at.is_some_and(|end| end <= self.clock.now());
        if ended {
            return None;
        }
        if !application.used.load(Ordering::Relaxed) {
            application.used.store(true, Ordering::Relaxed);
        }
        Some(application)
    }

    fn current(&self) -> Arc<Applications> {
        self.applications.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the applications, unless another has begun to since this was called.
    async fn refresh(&self) -> Result<(), ApiError> {
        let called = Instant::now();
        let mut refreshed = self.refreshed.lock().await;
        match *refreshed {
            Some((began, true)) if began >= called => return Ok(()),
            Some((began, false)) if began >= called => {
                return Err(ApiError::unavailable(
                    "The database does not answer, please try again",
                ));
            }
            Some((began, _)) => tokio::time::sleep_until(began + REFRESH_PAUSE).await,
            None => {}
        }
        let began = Instant::now();
        let read = self.read().await;
        *refreshed = Some((began, read.is_ok()));
        Ok(read?)
    }

    async fn read(&self) -> Result<(), sqlx::Error> {
        let known = self.current();
        let rows = store::list(&self.db).await?.into_iter().filter_map(|row| {
            let hash: [u8; 32] = row.token_hash.try_into().ok()?;
            let application = Application {
                id: row.id,
                name: row.name.into(),
                scopes: scopes(&row.scopes),
                expires_at: row.expires_at,
                used: known.get(&hash).map(|known| known.used.clone()).unwrap_or_default(),
            };
            Some((hash, Arc::new(application)))
        });
        let applications = Arc::new(rows.collect());
        *self.applications.write().unwrap_or_else(PoisonError::into_inner) = applications;
        Ok(())
    }

    /// Writes when the applications were last used.
    async fn write_uses(&self) -> Result<(), sqlx::Error> {
        for application in self.current().values() {
            if application.used.swap(false, Ordering::Relaxed) {
                store::touch(&self.db, application.id, self.clock.now()).await?;
            }
        }
        Ok(())
    }

    /// Keeps up with the database until `stop` is cancelled.
    pub(crate) async fn run(&self, stop: CancellationToken) {
        let mut refreshes = tokio::time::interval(REFRESH_INTERVAL);
        let mut uses = tokio::time::interval(USE_INTERVAL);
        loop {
            let done = tokio::select! {
                _ = refreshes.tick() => self.refresh().await,
                _ = uses.tick() => self.write_uses().await.map_err(ApiError::from),
                () = stop.cancelled() => break,
            };
            if let Err(failure) = done {
                tracing::warn!("the clients cannot be read or written: {}", failure.message());
            }
        }
        if let Err(cause) = self.write_uses().await {
            tracing::warn!(%cause, "the last uses of clients are lost");
        }
    }
}

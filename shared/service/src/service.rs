//! A service that is ready to run.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use grove_http::{Readiness, server};
use grove_shared as shared;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;

use crate::{Upkeep, openapi, supervisor::Supervisor, with_standard_routes};

/// How long tasks may go on after the last request was answered. What is cut off comes again after the next
/// start: tasks keep what they do in the database.
const LAST_STEPS: Duration = Duration::from_secs(5);
/// How long a stop takes at most, of which a supervisor waits ten seconds.
const STOP: Duration = Duration::from_millis(9500);

#[cfg(feature = "db")]
type Schema = (sqlx::MySqlPool, &'static sqlx::migrate::Migrator);

/// Routes, tasks, and what they need before they start.
#[derive(Debug)]
#[must_use = "a service does nothing before `run`"]
pub struct Service {
    name: shared::Service,
    routes: Router,
    readiness: Readiness,
    supervisor: Supervisor,
    #[cfg(feature = "db")]
    schema: Option<Schema>,
}

impl Service {
    /// The service `name`, which answers `routes` and describes those that have a description.
    pub fn new(name: shared::Service, routes: impl Into<OpenApiRouter>) -> Self {
        let supervisor = Supervisor::default();
        let (routes, document) = routes.into().split_for_parts();
        Self {
            name,
            routes: routes.merge(openapi::routes(openapi::describe(name, document))),
            readiness: supervisor.health().readiness(),
            supervisor,
            #[cfg(feature = "db")]
            schema: None,
        }
    }

    /// Waits for the database before it listens, and brings its schema up to date; then it is ready while
    /// the database answers.
    #[cfg(feature = "db")]
    pub fn schema(
        mut self,
        db: &sqlx::MySqlPool,
        migrator: &'static sqlx::migrate::Migrator,
    ) -> Self {
        self.schema = Some((db.clone(), migrator));
        self.ready_when(crate::readiness(db))
    }

    /// Adds a condition for being ready.
    pub fn ready_when(mut self, readiness: Readiness) -> Self {
        self.readiness = self.readiness.and(readiness);
        self
    }

    /// Adds a task: what `start` returns runs until the token is cancelled, which is when the last request
    /// was answered. After a panic it is started again.
    pub fn task<F>(
        mut self,
        name: &'static str,
        start: impl Fn(CancellationToken) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.supervisor.add(name, start);
        self
    }

    /// Adds jobs that are done from time to time.
    pub fn upkeep(self, upkeep: Upkeep) -> Self {
        let upkeep = Arc::new(upkeep);
        self.task("upkeep", move |stop| {
            let upkeep = upkeep.clone();
            async move { upkeep.run(stop).await }
        })
    }

    /// What it is called, and where it usually listens.
    pub fn name(&self) -> shared::Service {
        self.name
    }

    /// Everything that it answers, without its tasks and before its schema is looked at: for tests.
    pub fn into_router(self) -> Router {
        with_standard_routes(self.name.name, self.routes, self.readiness)
    }

    /// Runs on the address `listen` until `stop` is cancelled: first requests end, then tasks.
    ///
    /// # Errors
    /// When a migration fails or the address is taken.
    pub async fn run(self, listen: SocketAddr, stop: CancellationToken) -> anyhow::Result<()> {
        #[cfg(feature = "db")]
        if let Some((db, migrator)) = &self.schema {
            let migrated = stop.run_until_cancelled(grove_shared::db::migrate(db, migrator)).await;
            match migrated {
                Some(migrated) => migrated?,
                None => return Ok(()),
            }
        }
        let listener = server::bind(listen).await?;
        let served = CancellationToken::new();
        let mut tasks = self.supervisor.start(self.name.name, &served);
        let router = with_standard_routes(self.name.name, self.routes, self.readiness);
        let stopped = async {
            stop.cancelled().await;
            Instant::now()
        };
        let ((), stopped) = tokio::join!(server::serve(listener, router, stop.clone()), stopped);
        served.cancel();
        let ended = async { while tasks.join_next().await.is_some() {} };
        let limit = LAST_STEPS.min(STOP.saturating_sub(stopped.elapsed()));
        if tokio::time::timeout(limit, ended).await.is_err() {
            tracing::info!("tasks were cut off; they go on after the next start");
        }
        Ok(())
    }
}

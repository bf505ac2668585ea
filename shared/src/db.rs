//! The pool of a service's own schema, its migrations, and what the database's refusals mean.

use std::time::Duration;

use anyhow::Context;
use secrecy::ExposeSecret;
use sqlx::{
    MySqlPool,
    migrate::{MigrateError, Migrator},
    mysql::{MySqlConnectOptions, MySqlPoolOptions},
};

use crate::{ApiError, config::DbConfig, server::Readiness};

/// How long a request waits for a connection before it is answered 503.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(1);

/// Makes the pool. It connects when it is first used, so a database that is down stops no start.
///
/// # Errors
/// When no URL is configured or it is malformed.
pub fn connect(config: &DbConfig) -> anyhow::Result<MySqlPool> {
    let options: MySqlConnectOptions =
        config.url()?.expose_secret().parse().context("DATABASE_URL is malformed")?;
    Ok(MySqlPoolOptions::new()
        .max_connections(config.database_connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(Duration::from_mins(1))
        .connect_lazy_with(options))
}

/// Brings the schema up to date, waiting for the database for as long as it takes.
///
/// # Errors
/// When a migration fails or does not fit the schema; never because the database is away.
pub async fn migrate(db: &MySqlPool, migrator: &Migrator) -> anyhow::Result<()> {
    loop {
        match migrator.run(db).await {
            Ok(()) => return Ok(()),
            Err(MigrateError::Execute(cause)) if is_outage(&cause) => {
                tracing::warn!(%cause, "the database does not answer yet");
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            Err(cause) => return Err(cause).context("the migrations failed"),
        }
    }
}

/// Ready when the database answers.
pub fn readiness(db: &MySqlPool) -> Readiness {
    let db = db.clone();
    Readiness::new(move || {
        let db = db.clone();
        Box::pin(
            async move { sqlx::query("SELECT 1").execute(&db).await.map(drop).map_err(Into::into) },
        )
    })
}

/// Why the database refused a statement that broke none of SQL's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A row with this key exists.
    Duplicate,
    /// The row that this one belongs to does not exist.
    MissingParent,
}

impl Refusal {
    /// The refusal behind an error, if it is one.
    pub fn of(cause: &sqlx::Error) -> Option<Self> {
        let error = cause.as_database_error()?;
        if error.is_unique_violation() {
            Some(Self::Duplicate)
        } else if error.is_foreign_key_violation() {
            Some(Self::MissingParent)
        } else {
            None
        }
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(cause: sqlx::Error) -> Self {
        if is_outage(&cause) {
            Self::unavailable("The database does not answer, please try again").because(cause)
        } else {
            Self::internal(cause)
        }
    }
}

fn is_outage(cause: &sqlx::Error) -> bool {
    // Server shutting down, too many connections, lock wait timeout, deadlock, read-only (failover).
    // https://dev.mysql.com/doc/mysql-errors/9.0/en/server-error-reference.html
    const TRANSIENT: [&str; 6] = ["1053", "1040", "1205", "1213", "1290", "1927"];
    match cause {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => error
            .try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()
            .is_some_and(|error| TRANSIENT.contains(&error.number().to_string().as_str())),
        _ => false,
    }
}

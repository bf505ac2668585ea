//! The pool of a service's own schema, its migrations, and what the database's refusals mean.

use std::{
    collections::HashMap,
    ops::{Deref, DerefMut},
    time::Duration,
};

use anyhow::Context;
use secrecy::ExposeSecret;
use sqlx::{
    Connection, Executor, MySql, MySqlConnection, MySqlPool, Row,
    migrate::{MigrateError, Migrator},
    mysql::{MySqlConnectOptions, MySqlDatabaseError, MySqlPoolOptions},
    pool::PoolConnectionMetadata,
};

use crate::{config::DbConfig, reload::Reloaded};

/// How long a request waits for a connection before it is answered 503.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(1);
/// A connection that was not used for this long is asked whether the database is still there.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// Makes the pool. It connects when it is first used, so a database that is down stops no start. A URL
/// from a file is read again when the file changes: a password can be replaced while the program runs.
///
/// # Errors
/// When no URL is configured or it is malformed.
pub fn connect(config: &DbConfig) -> anyhow::Result<MySqlPool> {
    let options = match (&config.database_url, &config.database_url_file) {
        (None, Some(file)) => Reloaded::from_file(file.clone(), options)?,
        _ => Reloaded::fixed(options(config.url()?.expose_secret())?),
    };
    let pool = MySqlPoolOptions::new()
        .max_connections(config.database_connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(Duration::from_mins(1))
        // To ask before each use takes as long as most queries.
        .test_before_acquire(false)
        .before_acquire(|connection, used| Box::pin(is_alive(connection, used)))
        // What the queries rely on, whatever the server's default is: a transaction reads one state.
        .after_connect(|connection, _| {
            Box::pin(async move {
                let isolation = "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ";
                connection.execute(isolation).await.map(drop)
            })
        })
        .connect_lazy_with((*options.get()).clone());
    if config.database_url.is_none() {
        tokio::spawn(follow(options, pool.clone()));
    }
    Ok(pool)
}

async fn is_alive(
    connection: &mut MySqlConnection,
    used: PoolConnectionMetadata,
) -> Result<bool, sqlx::Error> {
    if used.idle_for > TRUSTED_FOR {
        connection.ping().await?;
    }
    Ok(true)
}

/// A transaction, rolled back when it is dropped before [`Transaction::commit`].
#[derive(Debug)]
pub struct Transaction {
    inner: sqlx::Transaction<'static, MySql>,
    after_commit: Vec<fn()>,
}

impl Transaction {
    /// Has `work` done once the transaction is committed, and only then.
    pub fn after_commit(&mut self, work: fn()) {
        if !self.after_commit.iter().any(|known| std::ptr::fn_addr_eq(*known, work)) {
            self.after_commit.push(work);
        }
    }

    /// Makes it count.
    ///
    /// # Errors
    /// When the database does not answer: then it is not known whether it counts.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.inner.commit().await?;
        self.after_commit.iter().for_each(|work| work());
        Ok(())
    }

    /// Takes it back at once, where dropping it does so later.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rollback(self) -> Result<(), sqlx::Error> {
        self.inner.rollback().await
    }
}

impl Deref for Transaction {
    type Target = MySqlConnection;

    fn deref(&self) -> &MySqlConnection {
        &self.inner
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut MySqlConnection {
        &mut self.inner
    }
}

/// Begins a transaction. Unlike [`MySqlPool::begin`] it may be cut off, as a request is whose client goes
/// away: sqlx counts a transaction only when the answer to BEGIN arrives, so one that nobody waits for
/// would go on, unseen, with whatever uses the connection next. Here a task of its own waits for it.
///
/// # Errors
/// When the database does not answer, or no connection is free for a second.
pub async fn begin(db: &MySqlPool) -> Result<Transaction, sqlx::Error> {
    let db = db.clone();
    #[expect(clippy::disallowed_methods, reason = "the task is not cut off")]
    let begun = tokio::spawn(async move { db.begin().await });
    let inner = begun.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))?;
    Ok(Transaction { inner, after_commit: Vec::new() })
}

/// How many rows one statement of [`in_batches`] may delete.
pub const BATCH: u32 = 1000;

/// Repeats a statement that deletes at most [`BATCH`] rows until it finds no more, so that no lock is held
/// for long; returns how many rows that were.
///
/// # Errors
/// When the statement fails.
pub async fn in_batches<F>(mut statement: impl FnMut() -> F) -> Result<u64, sqlx::Error>
where
    F: Future<Output = Result<u64, sqlx::Error>>,
{
    let mut all = 0;
    loop {
        let rows = statement().await?;
        all += rows;
        if rows < u64::from(BATCH) {
            return Ok(all);
        }
    }
}

fn options(url: &str) -> anyhow::Result<MySqlConnectOptions> {
    url.parse().context("DATABASE_URL is malformed")
}

/// Opens new connections as the file says; those that are open stay.
async fn follow(options: Reloaded<MySqlConnectOptions>, pool: MySqlPool) {
    let closed = pool.close_event();
    let watched = async {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if let Some(options) = options.changed() {
                pool.set_connect_options((*options).clone());
            }
        }
    };
    tokio::select! { () = closed => {}, () = watched => {} }
}

/// Brings the schema up to date, waiting for the database for as long as it takes. An account that may
/// not change the schema, or is not there yet, waits until another has done so.
///
/// # Errors
/// When a migration fails or does not fit the schema; never because the database is away.
pub async fn migrate(db: &MySqlPool, migrator: &Migrator) -> anyhow::Result<()> {
    let mut told = false;
    loop {
        match bring_up_to_date(db, migrator).await {
            Ok(()) => return Ok(()),
            Err(MigrateError::Execute(cause)) if is_outage(&cause) => {
                tracing::warn!(%cause, "the database does not answer yet");
            }
            Err(MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _))
                if has_number(&cause, &DENIED) =>
            {
                if !told {
                    tracing::warn!(%cause, "the schema or the account is not set up yet; grove migrate does that");
                }
                told = true;
            }
            Err(cause) => return Err(cause).context("the migrations failed"),
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn bring_up_to_date(db: &MySqlPool, migrator: &Migrator) -> Result<(), MigrateError> {
    if is_up_to_date(db, migrator).await? {
        return Ok(());
    }
    // sqlx takes a lock, which its connection still has when it fails. In the pool of the service whoever
    // may migrate would wait for it.
    let once = MySqlPoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE_TIMEOUT);
    let once = once.connect_lazy_with((*db.connect_options()).clone());
    let migrated = migrator.run(&once).await;
    once.close().await;
    migrated
}

/// Whether every migration that this program knows is applied; there may be later ones.
async fn is_up_to_date(db: &MySqlPool, migrator: &Migrator) -> Result<bool, MigrateError> {
    let mut connection = db.acquire().await?;
    let applied = sqlx::query("SELECT version, checksum, success FROM _sqlx_migrations");
    let applied = match applied.fetch_all(&mut *connection).await {
        Ok(rows) => rows,
        Err(cause) if has_number(&cause, &["1146"]) => return Ok(false),
        Err(cause) => {
            // A connection has the rights on its schema that the account had when it was opened.
            let _ = connection.close().await;
            return Err(cause.into());
        }
    };
    let mut known = HashMap::new();
    for row in applied {
        let (version, checksum, success): (i64, Vec<u8>, bool) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        known.insert(version, (checksum, success));
    }
    for migration in migrator.iter() {
        match known.get(&migration.version) {
            None => return Ok(false),
            Some((_, false)) => return Err(MigrateError::Dirty(migration.version)),
            Some((checksum, _)) if checksum[..] != migration.checksum[..] => {
                return Err(MigrateError::VersionMismatch(migration.version));
            }
            Some(_) => {}
        }
    }
    Ok(true)
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

// https://dev.mysql.com/doc/mysql-errors/9.0/en/server-error-reference.html
/// Server shutting down, too many connections, lock wait timeout, deadlock, read-only (failover).
const TRANSIENT: [&str; 6] = ["1053", "1040", "1205", "1213", "1290", "1927"];
/// The account is not there yet, may not use the schema, or not change the table.
const DENIED: [&str; 4] = ["1044", "1045", "1142", "1698"];

/// Whether a statement failed because the database is away or busy: the same may succeed later.
pub fn is_outage(cause: &sqlx::Error) -> bool {
    match cause {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => true,
        cause => has_number(cause, &TRANSIENT),
    }
}

/// Whether the database refused with one of these error numbers.
fn has_number(cause: &sqlx::Error, numbers: &[&str]) -> bool {
    let error = cause.as_database_error();
    let error = error.and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>());
    error.is_some_and(|error| numbers.contains(&error.number().to_string().as_str()))
}

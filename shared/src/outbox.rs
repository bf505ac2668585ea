//! Side effects that cross a service, delivered at least once.
//!
//! A row of the table `outbox` is written in the transaction of its cause and delivered by a worker,
//! with exponential backoff and an idempotency key, so that a receiver sees each effect once. What a
//! receiver refuses, or what fails for [`GIVE_UP_AFTER`] tries, is dead: kept for an officer to see.
//!
//! The table is the same in each schema (see `migrations/`), so the queries here are checked by the
//! tests of the services rather than at compile time (ADR 4).

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::Value;
use sqlx::{AssertSqlSafe, MySqlConnection, MySqlPool, Row};
use tokio_util::sync::CancellationToken;

use crate::{
    Clock,
    peer::{PeerError, Peers},
};

/// Tries after which an effect is dead. With the backoff below that is a little over a day.
pub const GIVE_UP_AFTER: u32 = 40;
/// While one worker delivers, no other takes the row, unless the first died this long ago.
const LEASE: TimeDelta = TimeDelta::seconds(30);
const LONGEST_WAIT_SECONDS: i64 = 3600;
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// A call to another service that has to happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect<'a, B> {
    /// The service to call.
    pub peer: &'a str,
    /// The path to POST to.
    pub path: &'a str,
    /// The JSON to send.
    pub body: B,
}

/// Records an effect, as a part of the transaction that causes it.
///
/// # Errors
/// When the row cannot be written.
pub async fn enqueue<B: Serialize>(
    transaction: &mut MySqlConnection,
    effect: &Effect<'_, B>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let body = serde_json::to_string(&effect.body).map_err(|e| sqlx::Error::Encode(e.into()))?;
    sqlx::query(
        "INSERT INTO outbox (idempotency_key, peer, path, body, next_attempt_at, created_at)
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(format!("{:032x}", rand::random::<u128>()))
    .bind(effect.peer)
    .bind(effect.path)
    .bind(body)
    .bind(now)
    .bind(now)
    .execute(transaction)
    .await
    .map(drop)
}

/// Delivers the effects of one schema.
#[derive(Debug, Clone)]
pub struct Worker {
    /// The schema with the outbox.
    pub db: MySqlPool,
    /// The services that the effects are for.
    pub peers: Peers,
    /// Decides what is due.
    pub clock: Clock,
}

#[derive(Debug)]
struct Pending {
    id: u64,
    idempotency_key: String,
    peer: String,
    path: String,
    body: String,
    attempts: u32,
}

impl Worker {
    /// Delivers until `stop` is cancelled.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(cause) = self.deliver_due().await {
                tracing::warn!(%cause, "the outbox cannot be read");
            }
            tokio::select! {
                () = tokio::time::sleep(POLL_INTERVAL) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Delivers what is due; returns how many effects arrived.
    ///
    /// # Errors
    /// When the outbox cannot be read or written.
    pub async fn deliver_due(&self) -> Result<usize, sqlx::Error> {
        let mut delivered = 0;
        while let Some(row) = self.claim().await? {
            delivered += usize::from(self.deliver(row).await?);
        }
        Ok(delivered)
    }

    /// Takes the next due row for as long as [`LEASE`].
    async fn claim(&self) -> Result<Option<Pending>, sqlx::Error> {
        let now = self.clock.now();
        let mut transaction = self.db.begin().await?;
        let row = sqlx::query(
            "SELECT id, idempotency_key, peer, path, body, attempts FROM outbox
             WHERE delivered_at IS NULL AND dead_at IS NULL AND next_attempt_at <= ?
             ORDER BY next_attempt_at, id LIMIT 1 FOR UPDATE SKIP LOCKED",
        )
        .bind(now)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(row) = row else {
            // Dropping the transaction would roll it back later, and keep locked what it looked at.
            transaction.rollback().await?;
            return Ok(None);
        };
        let row = Pending {
            id: row.try_get(0)?,
            idempotency_key: row.try_get(1)?,
            peer: row.try_get(2)?,
            path: row.try_get(3)?,
            body: row.try_get(4)?,
            attempts: row.try_get(5)?,
        };
        sqlx::query("UPDATE outbox SET next_attempt_at = ?, attempts = attempts + 1 WHERE id = ?")
            .bind(now + LEASE)
            .bind(row.id)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Some(row))
    }

    async fn deliver(&self, row: Pending) -> Result<bool, sqlx::Error> {
        let body: Value = serde_json::from_str(&row.body).unwrap_or_default();
        let key = Some(row.idempotency_key.as_str());
        let reply: Result<Value, PeerError> =
            self.peers.call_once(&row.peer, Method::POST, &row.path, &body, key).await;
        let now = self.clock.now();
        let Err(cause) = reply else {
            self.set(row.id, "delivered_at = ?", now, None).await?;
            return Ok(true);
        };
        let refused = matches!(cause, PeerError::Refused { status, .. }
            if status != StatusCode::TOO_MANY_REQUESTS);
        let reason: String = cause.to_string().chars().take(500).collect();
        if refused || row.attempts + 1 >= GIVE_UP_AFTER {
            tracing::error!(
                outbox.id = row.id,
                reason,
                "effect {} for {} is dead",
                row.id,
                row.peer
            );
            self.set(row.id, "dead_at = ?", now, Some(reason)).await?;
        } else {
            let next = now + backoff(row.attempts);
            self.set(row.id, "next_attempt_at = ?", next, Some(reason)).await?;
        }
        Ok(false)
    }

    async fn set(
        &self,
        id: u64,
        assignment: &'static str,
        time: DateTime<Utc>,
        last_error: Option<String>,
    ) -> Result<(), sqlx::Error> {
        let update = format!("UPDATE outbox SET {assignment}, last_error = ? WHERE id = ?");
        // Safe: the assignment is one of the literals above.
        sqlx::query(AssertSqlSafe(update))
            .bind(time)
            .bind(last_error)
            .bind(id)
            .execute(&self.db)
            .await
            .map(drop)
    }
}

/// One second, doubled by each failure up to an hour, with up to a quarter more at random so that
/// the effects of an outage do not return in step.
fn backoff(failures: u32) -> TimeDelta {
    let seconds = (1_i64 << failures.min(12)).min(LONGEST_WAIT_SECONDS);
    TimeDelta::milliseconds(seconds * 1000 + rand::random_range(0..=seconds * 250))
}

//! Delivers what is in an outbox.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use grove_client::Peers;
use grove_shared::{Call, CallError, Client, Clock, db};
use grove_telemetry::{
    RequestContext,
    traces::{Kind, Span},
};
use http::Method;
use serde_json::Value;
use sqlx::{AssertSqlSafe, MySqlPool, Row, mysql::MySqlRow};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::bell;

/// Tries after which an effect is dead. With the backoff below that is a little over a day.
pub const GIVE_UP_AFTER: u32 = 40;
/// While one worker delivers, no other takes the row, unless the first died this long ago.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// Effects that are delivered at the same time, so that a slow receiver holds up few others.
const AT_ONCE: u32 = 8;
const LONGEST_WAIT_SECONDS: i64 = 3600;
/// How soon what falls due is seen. What is new is seen at once.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// How long everything for a service waits that takes no connection.
const PEER_PAUSE: TimeDelta = TimeDelta::seconds(5);
/// What an answer may have to be kept.
const MAX_REPLY_BYTES: usize = 64 * 1024;
const MEASURE_INTERVAL: Duration = Duration::from_secs(15);

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
    request_id: Option<String>,
    traceparent: Option<String>,
    /// Until when the row is this worker's. Another that takes it later writes another time, so that the
    /// first one changes nothing any more.
    lease: DateTime<Utc>,
}

impl Worker {
    /// Delivers until `stop` is cancelled.
    pub async fn run(self, stop: CancellationToken) {
        let mut bell = bell::listen();
        let mut measured: Option<Instant> = None;
        while !stop.is_cancelled() {
            let delivered = self.deliver_due().await;
            let is_due = measured.is_none_or(|last| last.elapsed() >= MEASURE_INTERVAL);
            let outcome = match delivered {
                Ok(_) if is_due => {
                    measured = Some(Instant::now());
                    self.measure().await
                }
                other => other.map(drop),
            };
            if let Err(cause) = outcome {
                tracing::warn!(%cause, "the outbox cannot be read");
            }
            tokio::select! {
                () = tokio::time::sleep(POLL_INTERVAL) => {}
                _ = bell.changed() => {}
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
        loop {
            let rows = self.claim().await?;
            if rows.is_empty() {
                return Ok(delivered);
            }
            for outcome in join_all(rows.into_iter().map(|row| self.deliver_in_name(row))).await {
                delivered += usize::from(outcome?);
            }
        }
    }

    /// Takes the next due rows for as long as [`LEASE`].
    async fn claim(&self) -> Result<Vec<Pending>, sqlx::Error> {
        let now = self.clock.now();
        let lease = now + LEASE;
        let mut transaction = db::begin(&self.db).await?;
        let rows = sqlx::query(
            "SELECT id, idempotency_key, peer, path, body, attempts, request_id, traceparent
             FROM outbox
             WHERE delivered_at IS NULL AND dead_at IS NULL AND next_attempt_at <= ?
               AND (subject IS NULL OR NOT EXISTS (
                    SELECT 1 FROM outbox AS earlier
                    WHERE earlier.subject = outbox.subject AND earlier.peer = outbox.peer
                      AND earlier.id < outbox.id
                      AND earlier.delivered_at IS NULL AND earlier.dead_at IS NULL))
             ORDER BY next_attempt_at, id LIMIT ? FOR UPDATE SKIP LOCKED",
        )
        .bind(now)
        .bind(AT_ONCE)
        .fetch_all(&mut *transaction)
        .await?;
        if rows.is_empty() {
            // Dropping the transaction would roll it back later, and keep locked what it looked at.
            transaction.rollback().await?;
            return Ok(Vec::new());
        }
        let rows = rows.iter().map(|row| pending(row, lease)).collect::<Result<Vec<_>, _>>()?;
        for row in &rows {
            sqlx::query(
                "UPDATE outbox SET next_attempt_at = ?, attempts = attempts + 1 WHERE id = ?",
            )
            .bind(lease)
            .bind(row.id)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(rows)
    }

    /// Delivers as a part of the request that caused the effect.
    async fn deliver_in_name(&self, row: Pending) -> Result<bool, sqlx::Error> {
        let request = RequestContext::resume(row.request_id.as_deref(), row.traceparent.as_deref());
        let span = tracing::info_span!("effect", request.id = request.id);
        let _step = Span::begin(&request, self.peers.own_name(), Kind::Internal, || {
            format!("effect for {}", row.peer)
        });
        request.scope(self.deliver(row).instrument(span)).await
    }

    async fn deliver(&self, row: Pending) -> Result<bool, sqlx::Error> {
        let body = serde_json::from_str(&row.body).unwrap_or_default();
        let call = Call::<Value>::stored(&row.peer, Method::POST, &row.path, body);
        let reply = self.peers.call(call.once(&row.idempotency_key)).await;
        let now = self.clock.now();
        let cause = match reply {
            Ok(reply) => {
                self.arrived(row.id, &reply, now).await?;
                return Ok(true);
            }
            Err(cause) => cause,
        };
        let reason: String = cause.to_string().chars().take(500).collect();
        if cause.is_final() || row.attempts + 1 >= GIVE_UP_AFTER {
            tracing::error!(
                outbox.id = row.id,
                reason,
                "effect {} for {} is dead",
                row.id,
                row.peer
            );
            self.set(&row, "dead_at = ?", now, reason).await?;
        } else {
            self.set(&row, "next_attempt_at = ?", now + backoff(row.attempts), reason).await?;
            if matches!(cause, CallError::Unreachable { .. }) {
                self.postpone(&row.peer, now).await?;
            }
        }
        Ok(false)
    }

    async fn arrived(&self, id: u64, reply: &Value, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
        let reply = (!reply.is_null()).then(|| reply.to_string());
        let reply = reply.filter(|reply| reply.len() <= MAX_REPLY_BYTES);
        sqlx::query("UPDATE outbox SET delivered_at = ?, reply = ?, last_error = NULL WHERE id = ?")
            .bind(now)
            .bind(reply)
            .bind(id)
            .execute(&self.db)
            .await
            .map(drop)
    }

    /// Lets everything wait a little that is due for a service which takes no connection, so that effects
    /// for others do not stand behind it.
    async fn postpone(&self, peer: &str, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE outbox SET next_attempt_at = ?
             WHERE peer = ? AND delivered_at IS NULL AND dead_at IS NULL AND next_attempt_at <= ?",
        )
        .bind(now + PEER_PAUSE)
        .bind(peer)
        .bind(now)
        .execute(&self.db)
        .await
        .map(drop)
    }

    async fn set(
        &self,
        row: &Pending,
        assignment: &'static str,
        time: DateTime<Utc>,
        last_error: String,
    ) -> Result<(), sqlx::Error> {
        let update = format!(
            "UPDATE outbox SET {assignment}, last_error = ? WHERE id = ? AND next_attempt_at = ?"
        );
        // Safe: the assignment is one of the literals above.
        sqlx::query(AssertSqlSafe(update))
            .bind(time)
            .bind(last_error)
            .bind(row.id)
            .bind(row.lease)
            .execute(&self.db)
            .await
            .map(drop)
    }

    /// Tells the metrics how much waits, for how long, and how much is dead.
    async fn measure(&self) -> Result<(), sqlx::Error> {
        let row = sqlx::query(
            "SELECT COUNT(*) - COUNT(dead_at), COUNT(dead_at),
                    MIN(CASE WHEN dead_at IS NULL THEN created_at END)
             FROM outbox WHERE delivered_at IS NULL",
        )
        .fetch_one(&self.db)
        .await?;
        let (pending, dead): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        let oldest: Option<DateTime<Utc>> = row.try_get(2)?;
        let age = oldest.map_or(TimeDelta::zero(), |oldest| self.clock.now() - oldest);
        let labels = [("service", self.peers.own_name().to_owned())];
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
        for (name, count) in [("outbox_pending", pending), ("outbox_dead", dead)] {
            metrics::gauge!(name, &labels).set(count as f64);
        }
        metrics::gauge!("outbox_oldest_age_seconds", &labels).set(age.as_seconds_f64());
        Ok(())
    }
}

fn pending(row: &MySqlRow, lease: DateTime<Utc>) -> Result<Pending, sqlx::Error> {
    Ok(Pending {
        id: row.try_get(0)?,
        idempotency_key: row.try_get(1)?,
        peer: row.try_get(2)?,
        path: row.try_get(3)?,
        body: row.try_get(4)?,
        attempts: row.try_get(5)?,
        request_id: row.try_get(6)?,
        traceparent: row.try_get(7)?,
        lease,
    })
}

/// One second, doubled by each failure up to an hour, with up to a quarter more at random so that
/// the effects of an outage do not return in step.
fn backoff(failures: u32) -> TimeDelta {
    let seconds = (1_i64 << failures.min(12)).min(LONGEST_WAIT_SECONDS);
    TimeDelta::milliseconds(seconds * 1000 + rand::random_range(0..=seconds * 250))
}

//! What is deleted in time: effects that have arrived, and keys that nobody repeats.

use chrono::{DateTime, TimeDelta, Utc};
use grove_shared::db;
use sqlx::MySqlPool;

use crate::idempotency::{KEPT_FOR, KEPT_FOR_SERVICES};

/// How long an effect is kept that has arrived.
pub const DELIVERED_KEPT_FOR: TimeDelta = TimeDelta::days(90);

/// Deletes effects that arrived long ago; returns how many. Those that were given up stay.
///
/// # Errors
/// When the database fails.
pub async fn purge_delivered(db: &MySqlPool, now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    db::in_batches(async || {
        let purged = sqlx::query("DELETE FROM outbox WHERE delivered_at < ? LIMIT ?");
        let purged = purged.bind(now - DELIVERED_KEPT_FOR).bind(db::BATCH).execute(db).await?;
        Ok(purged.rows_affected())
    })
    .await
}

/// Forgets the keys that are older than [`KEPT_FOR`], or [`KEPT_FOR_SERVICES`]; returns how many.
///
/// # Errors
/// When the database fails.
pub async fn forget_keys(db: &MySqlPool, now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    db::in_batches(async || {
        let forgotten = sqlx::query(
            "DELETE FROM idempotency_keys
             WHERE created_at < ? AND (caller NOT LIKE 'service:%' OR created_at < ?) LIMIT ?",
        );
        let forgotten = forgotten.bind(now - KEPT_FOR).bind(now - KEPT_FOR_SERVICES);
        Ok(forgotten.bind(db::BATCH).execute(db).await?.rows_affected())
    })
    .await
}

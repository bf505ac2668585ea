//! The events of Stripe that had their effect.

use chrono::{DateTime, Utc};
use grove_shared::db;
use sqlx::{MySqlConnection, MySqlPool};

use crate::error::CreditsError;

/// Notes that an event has its effect; false when it had it before.
pub(crate) async fn receive(
    transaction: &mut MySqlConnection,
    id: &str,
    now: DateTime<Utc>,
) -> Result<bool, CreditsError> {
    let received =
        sqlx::query!("INSERT IGNORE INTO payment_events (id, created_at) VALUES (?, ?)", id, now);
    Ok(received.execute(transaction).await?.rows_affected() == 1)
}

/// Forgets events from before `then`, which Stripe does not send again; returns how many.
pub(crate) async fn forget(pool: &MySqlPool, then: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    db::in_batches(async || {
        let deleted = sqlx::query!(
            "DELETE FROM payment_events WHERE created_at < ? LIMIT ?",
            then,
            db::BATCH
        );
        Ok(deleted.execute(pool).await?.rows_affected())
    })
    .await
}

//! What is deleted in time: the delivery log, tokens of links, and texts that are nobody's business.

use chrono::{DateTime, TimeDelta, Utc};
use grove_notifications_api::ACCOUNT;
use sqlx::MySqlPool;

use crate::store::{deliveries, preferences};

/// Deletes what is older than `days`, and the texts of messages about accounts that have arrived.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(db: &MySqlPool, days: u32, now: DateTime<Utc>) -> anyhow::Result<()> {
    let then = now - TimeDelta::days(days.into());
    let forgotten = deliveries::delete_old(db, then).await?;
    preferences::delete_old_tokens(db, then).await?;
    // What a crash left between a message's arrival and the end of its text.
    for id in deliveries::arrived_with_text(db, ACCOUNT).await? {
        deliveries::erase(db, id).await?;
    }
    if forgotten > 0 {
        tracing::info!("{forgotten} notifications of more than {days} days ago are deleted");
    }
    Ok(())
}

//! What is kept no longer than it is of use.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::MySqlPool;

use crate::{
    store::{attempts, links, sessions},
    throttle,
};

/// How long the traces of a session stay after its end.
const KEPT: TimeDelta = TimeDelta::days(30);

/// Deletes sessions and links that ended 30 days ago, and tries that no longer count. Returns how
/// many sessions that were.
///
/// # Errors
/// When the database fails.
pub async fn delete_old(db: &MySqlPool, now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    links::delete_old(db, now - KEPT).await?;
    attempts::delete_old(db, now - throttle::LONGEST, now - throttle::KNOWN_FOR).await?;
    attempts::delete_old_sources(db, now - throttle::LONGEST).await?;
    sessions::delete_old(db, now - KEPT).await
}

//! What is kept no longer than it is of use.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use grove_shared::Clock;
use sqlx::MySqlPool;
use tokio_util::sync::CancellationToken;

use crate::{
    store::{attempts, links, sessions},
    throttle,
};

const INTERVAL: Duration = Duration::from_hours(1);
/// How long the traces of a session stay after its end.
const KEPT: TimeDelta = TimeDelta::days(30);

/// Deletes what is old, once an hour until `stop` is cancelled.
pub(crate) async fn run(db: MySqlPool, clock: Clock, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match delete_old(&db, clock.now()).await {
            Ok(0) => {}
            Ok(sessions) => tracing::info!(sessions, "{sessions} old sessions deleted"),
            Err(cause) => tracing::warn!(%cause, "old sessions cannot be deleted"),
        }
        tokio::select! {
            () = tokio::time::sleep(INTERVAL) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Deletes sessions and links that ended 30 days ago, and tries that no longer count. Returns how
/// many sessions that were.
///
/// # Errors
/// When the database fails.
pub async fn delete_old(db: &MySqlPool, now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    links::delete_old(db, now - KEPT).await?;
    attempts::delete_old(db, now - throttle::LONGEST, now - throttle::KNOWN_FOR).await?;
    attempts::delete_old_sources(db, now - throttle::LONGEST).await?;
    attempts::delete_old_effects(db, now - KEPT).await?;
    sessions::delete_old(db, now - KEPT).await
}

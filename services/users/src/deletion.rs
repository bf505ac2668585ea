//! Deleting someone: here at once, and in every service that has something of theirs.

use chrono::{DateTime, TimeDelta, Utc};
use grove_shared::{NetId, db::Transaction};
use sqlx::MySqlPool;

use crate::{effect, error::UserError, store};

/// How long a deletion is remembered that has ended.
const KEPT: TimeDelta = TimeDelta::days(400);

/// Deletes someone, and remembers that until each service has confirmed it.
pub(crate) async fn begin(
    transaction: &mut Transaction,
    netid: &NetId,
    officer: &NetId,
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    store::delete(&mut **transaction, netid).await?;
    let effects = effect::deleted(transaction, netid, now).await?;
    store::insert_deletion(&mut **transaction, netid, officer, &effects, now).await
}

/// Ends the deletions that every service has confirmed, and has those delivered again that were given up:
/// nobody is deleted in part.
///
/// # Errors
/// When the database fails; what is left comes with the next call.
pub async fn follow_up(db: &MySqlPool, now: DateTime<Utc>) -> anyhow::Result<()> {
    store::end_deletions(db, now).await?;
    for effect in store::dead_removals(db).await? {
        tracing::warn!(outbox.id = effect, "effect {effect} of a deletion is delivered again");
        store::deliver_again(db, effect, now).await?;
    }
    Ok(store::forget_deletions(db, now - KEPT).await?)
}

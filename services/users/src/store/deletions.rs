//! Every query on deletions, and on the effects that they wait for.

use chrono::{DateTime, Utc};
use grove_shared::{NetId, db};
use sqlx::{MySqlExecutor, MySqlPool};

use crate::{effect::Removals, error::UserError};

/// The service whose confirmation is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Confirmation {
    /// The account has ended.
    Auth,
    /// The places in groups have ended.
    Groups,
}

/// Remembers a deletion.
pub(crate) async fn insert_deletion(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
    officer: &NetId,
    removals: &Removals,
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    sqlx::query!(
        "INSERT INTO deletions (netid, deleted_by, deleted_at, auth_effect_id, directory_effect_id,
                                groups_effect_id)
         VALUES (?, ?, ?, ?, ?, ?)",
        netid,
        officer,
        now,
        removals.auth,
        removals.directory,
        removals.groups
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether a service has not confirmed a deletion of this person yet. One that was given up, and followed by
/// another effect there about the same person, is awaited no more.
pub(crate) async fn is_leaving(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
    confirmation: Confirmation,
) -> Result<bool, UserError> {
    let is_leaving = sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT 1 FROM deletions
               JOIN outbox ON outbox.id = IF(?, auth_effect_id, groups_effect_id)
               WHERE netid = ? AND ended_at IS NULL AND delivered_at IS NULL
                 AND NOT EXISTS (SELECT 1 FROM outbox AS later
                                 WHERE later.subject = outbox.subject AND later.peer = outbox.peer
                                   AND later.id > outbox.id AND later.delivered_at IS NOT NULL))
           AS "is_leaving!: bool""#,
        matches!(confirmation, Confirmation::Auth),
        netid
    );
    Ok(is_leaving.fetch_one(db).await?)
}

/// Whether someone was deleted after `then`.
pub(crate) async fn was_deleted_since(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
    then: DateTime<Utc>,
) -> Result<bool, UserError> {
    let was_deleted = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM deletions WHERE netid = ? AND deleted_at >= ?)
           AS "was_deleted!: bool""#,
        netid,
        then
    );
    Ok(was_deleted.fetch_one(db).await?)
}

/// Ends the deletions of which every effect has arrived, or was overtaken by a later one.
pub(crate) async fn end_deletions(
    db: impl MySqlExecutor<'_>,
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    sqlx::query!(
        "UPDATE deletions SET ended_at = ?
         WHERE ended_at IS NULL AND NOT EXISTS (
             SELECT 1 FROM outbox
             WHERE outbox.id IN (auth_effect_id, directory_effect_id, groups_effect_id)
               AND delivered_at IS NULL
               AND NOT EXISTS (SELECT 1 FROM outbox AS later
                               WHERE later.subject = outbox.subject AND later.peer = outbox.peer
                                 AND later.id > outbox.id AND later.delivered_at IS NOT NULL))",
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The effects of deletions that were given up, and that undo nothing which came later.
pub(crate) async fn dead_removals(db: impl MySqlExecutor<'_>) -> Result<Vec<u64>, UserError> {
    let dead = sqlx::query_scalar!(
        "SELECT outbox.id FROM deletions
         JOIN outbox ON outbox.id IN (auth_effect_id, directory_effect_id, groups_effect_id)
         WHERE ended_at IS NULL AND dead_at IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM outbox AS later
                           WHERE later.subject = outbox.subject AND later.peer = outbox.peer
                             AND later.id > outbox.id AND later.delivered_at IS NOT NULL)"
    );
    Ok(dead.fetch_all(db).await?)
}

/// Has an effect delivered again that was given up.
pub(crate) async fn deliver_again(
    db: impl MySqlExecutor<'_>,
    effect: u64,
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    sqlx::query!(
        "UPDATE outbox SET dead_at = NULL, attempts = 0, next_attempt_at = ?
         WHERE id = ? AND dead_at IS NOT NULL",
        now,
        effect
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets the deletions that ended before `then`.
pub(crate) async fn forget_deletions(db: &MySqlPool, then: DateTime<Utc>) -> Result<(), UserError> {
    db::in_batches(async || {
        let old = sqlx::query!("DELETE FROM deletions WHERE ended_at < ? LIMIT ?", then, db::BATCH);
        Ok(old.execute(db).await?.rows_affected())
    })
    .await?;
    Ok(())
}

//! Every query on deletions, and on the steps in which they end.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use grove_shared::{NetId, db, page::PageRequest};
use grove_users_api::{Deletion, DeletionStep};
use sqlx::{MySqlConnection, MySqlExecutor, MySqlPool};

use crate::error::UserError;

/// Remembers a deletion; returns its id.
pub(crate) async fn insert(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
    officer: Option<&NetId>,
    now: DateTime<Utc>,
) -> Result<u64, UserError> {
    let inserted = sqlx::query!(
        "INSERT INTO deletions (netid, deleted_by, deleted_at) VALUES (?, ?, ?)",
        netid,
        officer,
        now
    );
    Ok(inserted.execute(db).await?.last_insert_id())
}

/// Remembers what this service removed and kept.
pub(crate) async fn insert_own_step(
    db: impl MySqlExecutor<'_>,
    deletion: u64,
    service: &str,
    report: &str,
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    sqlx::query!(
        "INSERT INTO deletion_steps (deletion_id, service, confirmed_at, report)
         VALUES (?, ?, ?, ?)",
        deletion,
        service,
        now,
        report
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Remembers the effect by which another service forgets the person.
pub(crate) async fn insert_step(
    db: impl MySqlExecutor<'_>,
    deletion: u64,
    service: &str,
    effect: u64,
) -> Result<(), UserError> {
    sqlx::query!(
        "INSERT INTO deletion_steps (deletion_id, service, effect_id) VALUES (?, ?, ?)",
        deletion,
        service,
        effect
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether a deletion of this person has not ended. The version before knows no steps, so what it says of an end
/// is not all.
pub(crate) async fn is_leaving(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<bool, UserError> {
    let is_leaving = sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT 1 FROM deletions
               WHERE netid = ?
                 AND (ended_at IS NULL
                      OR EXISTS (SELECT 1 FROM deletion_steps
                                 WHERE deletion_id = deletions.id AND confirmed_at IS NULL)))
           AS "is_leaving!: bool""#,
        netid
    );
    Ok(is_leaving.fetch_one(db).await?)
}

/// As [`is_leaving`]; if so, the deletion does not end before the transaction does.
pub(crate) async fn keeps_waiting(
    transaction: &mut MySqlConnection,
    netid: &NetId,
) -> Result<bool, UserError> {
    let ids = sqlx::query_scalar!("SELECT id FROM deletions WHERE netid = ? FOR UPDATE", netid);
    if ids.fetch_all(&mut *transaction).await?.is_empty() {
        return Ok(false);
    }
    is_leaving(transaction, netid).await
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

/// The deletions that the version before began and that wait for three services alone.
pub(crate) async fn of_the_version_before(
    db: impl MySqlExecutor<'_>,
) -> Result<Vec<(u64, NetId)>, UserError> {
    let begun = sqlx::query!(
        r#"SELECT id, netid AS "netid: NetId" FROM deletions
           WHERE ended_at IS NULL
             AND NOT EXISTS (SELECT 1 FROM deletion_steps WHERE deletion_id = deletions.id)"#
    );
    let begun = begun.fetch_all(db).await?;
    Ok(begun.into_iter().map(|deletion| (deletion.id, deletion.netid)).collect())
}

/// Makes others wait who look at a deletion; false when it has steps already.
pub(crate) async fn lock(transaction: &mut MySqlConnection, id: u64) -> Result<bool, UserError> {
    let locked = sqlx::query!("SELECT id FROM deletions WHERE id = ? FOR UPDATE", id);
    locked.fetch_optional(&mut *transaction).await?;
    let has_steps = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM deletion_steps WHERE deletion_id = ?) AS "any!: bool""#,
        id
    );
    Ok(!has_steps.fetch_one(transaction).await?)
}

/// The deletions that have not ended and of which every effect has arrived.
pub(crate) async fn confirmed(db: impl MySqlExecutor<'_>) -> Result<Vec<(u64, NetId)>, UserError> {
    let confirmed = sqlx::query!(
        r#"SELECT DISTINCT deletions.id, netid AS "netid: NetId" FROM deletions
           JOIN deletion_steps ON deletion_id = deletions.id
           WHERE confirmed_at IS NULL AND NOT EXISTS (
               SELECT 1 FROM deletion_steps AS step
               LEFT JOIN outbox ON outbox.id = step.effect_id
               WHERE step.deletion_id = deletions.id AND step.confirmed_at IS NULL
                 AND outbox.delivered_at IS NULL)"#
    );
    let confirmed = confirmed.fetch_all(db).await?;
    Ok(confirmed.into_iter().map(|deletion| (deletion.id, deletion.netid)).collect())
}

/// Ends a deletion of which every effect has arrived; false when another did so first.
pub(crate) async fn end(
    transaction: &mut MySqlConnection,
    id: u64,
    now: DateTime<Utc>,
) -> Result<bool, UserError> {
    sqlx::query!("UPDATE deletions SET ended_at = ? WHERE id = ?", now, id)
        .execute(&mut *transaction)
        .await?;
    let kept = sqlx::query!(
        "UPDATE deletion_steps JOIN outbox ON outbox.id = effect_id
         SET confirmed_at = delivered_at, report = reply
         WHERE deletion_id = ? AND confirmed_at IS NULL AND delivered_at IS NOT NULL",
        id
    );
    Ok(kept.execute(transaction).await?.rows_affected() > 0)
}

/// As many deletions as a page needs, the newest first, those before `then` left out.
pub(crate) async fn page(
    db: &MySqlPool,
    request: PageRequest,
    then: DateTime<Utc>,
) -> Result<Vec<Deletion>, UserError> {
    let deletions = sqlx::query!(
        r#"SELECT id, netid AS "netid: NetId", deleted_by AS "deleted_by: NetId", deleted_at,
                  IF(EXISTS (SELECT 1 FROM deletion_steps
                             WHERE deletion_id = deletions.id AND confirmed_at IS NULL),
                     NULL, ended_at) AS "ended_at: DateTime<Utc>"
           FROM deletions WHERE id < ? AND deleted_at >= ? ORDER BY id DESC LIMIT ?"#,
        request.after.unwrap_or(u64::MAX),
        then,
        request.rows()
    );
    let deletions = deletions.fetch_all(db).await?;
    let mut steps = match (deletions.last(), deletions.first()) {
        (Some(oldest), Some(newest)) => steps(db, oldest.id, newest.id).await?,
        _ => BTreeMap::new(),
    };
    let page = deletions.into_iter().map(|deletion| Deletion {
        steps: steps.remove(&deletion.id).unwrap_or_default(),
        id: deletion.id,
        netid: deletion.netid,
        deleted_by: deletion.deleted_by,
        deleted_at: deletion.deleted_at,
        ended_at: deletion.ended_at,
    });
    Ok(page.collect())
}

/// The steps of the deletions from one to another.
async fn steps(
    db: &MySqlPool,
    first: u64,
    last: u64,
) -> Result<BTreeMap<u64, Vec<DeletionStep>>, UserError> {
    let rows = sqlx::query!(
        r#"SELECT deletion_id, service,
                  COALESCE(confirmed_at, delivered_at) AS "confirmed_at: DateTime<Utc>",
                  COALESCE(report, reply) AS report
           FROM deletion_steps LEFT JOIN outbox ON outbox.id = effect_id
           WHERE deletion_id BETWEEN ? AND ? ORDER BY service"#,
        first,
        last
    );
    let mut steps = BTreeMap::<_, Vec<_>>::new();
    for row in rows.fetch_all(db).await? {
        steps.entry(row.deletion_id).or_default().push(DeletionStep {
            service: row.service,
            confirmed_at: row.confirmed_at,
            forgotten: row.report.and_then(|report| serde_json::from_str(&report).ok()),
        });
    }
    Ok(steps)
}

/// The effects of deletions that were given up.
pub(crate) async fn given_up(db: impl MySqlExecutor<'_>) -> Result<Vec<u64>, UserError> {
    let given_up = sqlx::query_scalar!(
        "SELECT outbox.id FROM deletion_steps JOIN outbox ON outbox.id = effect_id
         WHERE confirmed_at IS NULL AND dead_at IS NOT NULL AND delivered_at IS NULL"
    );
    Ok(given_up.fetch_all(db).await?)
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

/// Forgets the deletions that ended before `then`, with their steps.
pub(crate) async fn forget(db: &MySqlPool, then: DateTime<Utc>) -> Result<(), UserError> {
    db::in_batches(async || {
        let old = sqlx::query!("DELETE FROM deletions WHERE ended_at < ? LIMIT ?", then, db::BATCH);
        Ok(old.execute(db).await?.rows_affected())
    })
    .await?;
    Ok(())
}

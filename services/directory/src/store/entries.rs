//! Queries on who is to be in the group.

use chrono::{DateTime, Utc};
use grove_shared::NetId;
use sqlx::MySqlPool;

use crate::drift::Known;

/// The longest error that is kept.
const MAX_ERROR_CHARS: usize = 500;

/// Changes that are made at once in the background.
const BATCH: u32 = 200;

/// Someone's place in the group.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Whether they are to be in the group.
    pub(crate) wanted: bool,
    /// Raised by each change of `wanted`.
    pub(crate) revision: u64,
    /// The value that Grove added to the group.
    pub(crate) added_dn: Option<String>,
}

/// What was done for a change.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// The change.
    pub(crate) revision: u64,
    /// The value that Grove added to the group, if it is still there.
    pub(crate) added_dn: Option<String>,
}

/// Records whether someone is to be in the group.
pub(crate) async fn set_wanted(
    db: &MySqlPool,
    netid: &NetId,
    wanted: bool,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO entries (netid, wanted, state, changed_at) VALUES (?, ?, 'waiting', ?)
         ON DUPLICATE KEY UPDATE wanted = ?, state = 'waiting', revision = revision + 1,
                                 last_error = NULL, changed_at = ?",
        netid,
        wanted,
        now,
        wanted,
        now
    )
    .execute(db)
    .await
    .map(drop)
}

/// Someone's entry, which there is once anything was wanted for them.
pub(crate) async fn find(db: &MySqlPool, netid: &NetId) -> Result<Entry, sqlx::Error> {
    sqlx::query_as!(
        Entry,
        r#"SELECT wanted AS "wanted: bool", revision, added_dn FROM entries WHERE netid = ?"#,
        netid
    )
    .fetch_one(db)
    .await
}

/// Notes what was done; false when another change is wanted by now.
pub(crate) async fn settle(
    db: &MySqlPool,
    netid: &NetId,
    outcome: &Outcome,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    // Whose the value is, is true whatever is wanted by now.
    sqlx::query!("UPDATE entries SET added_dn = ? WHERE netid = ?", outcome.added_dn, netid)
        .execute(db)
        .await?;
    let settled = sqlx::query!(
        "UPDATE entries SET state = 'done', last_error = NULL, tried_at = ?
         WHERE netid = ? AND revision = ?",
        now,
        netid,
        outcome.revision
    );
    Ok(settled.execute(db).await?.rows_affected() > 0)
}

/// Notes why a change could not be made, unless somebody else made it; one that was refused is not
/// tried again by itself.
pub(crate) async fn fail(
    db: &MySqlPool,
    netid: &NetId,
    refused: bool,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let reason: String = reason.chars().take(MAX_ERROR_CHARS).collect();
    let state = if refused { "refused" } else { "waiting" };
    sqlx::query!(
        "UPDATE entries SET state = ?, last_error = ?, tried_at = ?
         WHERE netid = ? AND state <> 'done'",
        state,
        reason,
        now,
        netid
    )
    .execute(db)
    .await
    .map(drop)
}

/// Whose changes have waited since before `since`, the oldest first.
pub(crate) async fn waiting(
    db: &MySqlPool,
    since: DateTime<Utc>,
) -> Result<Vec<NetId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT netid AS "netid: NetId" FROM entries
           WHERE state = 'waiting' AND changed_at < ? ORDER BY changed_at, netid LIMIT ?"#,
        since,
        BATCH
    )
    .fetch_all(db)
    .await
}

/// Everyone for whom anything was ever wanted.
pub(crate) async fn known(db: &MySqlPool) -> Result<Vec<Known>, sqlx::Error> {
    sqlx::query_as!(Known, r#"SELECT netid AS "netid: NetId", added_dn FROM entries"#)
        .fetch_all(db)
        .await
}

/// How many changes wait, and how many were refused.
pub(crate) async fn count_open(db: &MySqlPool) -> Result<(i64, i64), sqlx::Error> {
    let counts = sqlx::query!(
        r#"SELECT COUNT(CASE WHEN state = 'waiting' THEN 1 END) AS "waiting!",
                  COUNT(CASE WHEN state = 'refused' THEN 1 END) AS "refused!"
           FROM entries"#
    );
    counts.fetch_one(db).await.map(|counts| (counts.waiting, counts.refused))
}

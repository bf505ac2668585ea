//! Queries on who is to be in the group.

use chrono::{DateTime, Utc};
use grove_audit::Actor;
use grove_shared::NetId;
use serde::Serialize;
use sqlx::{MySqlConnection, MySqlExecutor, MySqlPool};

use crate::drift::Known;

/// The longest error that is kept.
const MAX_ERROR_CHARS: usize = 500;

/// Changes that are made at once in the background.
const BATCH: u32 = 200;

/// How far a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(rename_all = "lowercase")]
pub(crate) enum State {
    /// It is not made yet.
    Waiting,
    /// The group is as it should be.
    Done,
    /// The directory has no entry for the person, or several.
    Refused,
}

/// Someone's place in the group.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Whether they are to be in the group.
    pub(crate) wanted: bool,
    /// Raised by each change of `wanted`.
    pub(crate) revision: u64,
    /// How far that is.
    pub(crate) state: State,
    /// The value that Grove added to the group.
    pub(crate) added_dn: Option<String>,
    /// Who asked for it last, until it is made.
    pub(crate) asked_by: Option<Actor>,
    /// Whether the log has what is wanted.
    pub(crate) is_logged: bool,
    /// Whether nothing is to be kept of them once they are out of the group.
    pub(crate) is_forgotten: bool,
}

/// Reads someone's entry.
macro_rules! select_entry {
    ($netid:expr, $rest:literal) => {
        sqlx::query_as!(
            Entry,
            r#"SELECT wanted AS "wanted: bool", revision, state AS "state: State", added_dn,
                      asked_by AS "asked_by: Actor", is_logged AS "is_logged: bool",
                      is_forgotten AS "is_forgotten: bool"
               FROM entries WHERE netid = ? "#
                + $rest,
            $netid
        )
    };
}

/// Someone's entry, if anything was ever wanted for them.
pub(crate) async fn find(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Option<Entry>, sqlx::Error> {
    select_entry!(netid, "").fetch_optional(db).await
}

/// As [`find`]; nobody else changes it until the transaction ends.
pub(crate) async fn lock(
    transaction: &mut MySqlConnection,
    netid: &NetId,
) -> Result<Option<Entry>, sqlx::Error> {
    select_entry!(netid, "FOR UPDATE").fetch_optional(transaction).await
}

/// As [`lock`]; of someone who is not known yet there is one afterwards, by which they are not wanted.
pub(crate) async fn open(
    transaction: &mut MySqlConnection,
    netid: &NetId,
    now: DateTime<Utc>,
) -> Result<Entry, sqlx::Error> {
    sqlx::query!(
        "INSERT INTO entries (netid, wanted, revision, state, changed_at) VALUES (?, FALSE, 0, 'done', ?)
         ON DUPLICATE KEY UPDATE netid = netid",
        netid,
        now
    )
    .execute(&mut *transaction)
    .await?;
    select_entry!(netid, "FOR UPDATE").fetch_one(transaction).await
}

/// Notes what is wanted from now on, which is not made yet.
pub(crate) async fn update(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
    entry: &Entry,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE entries SET wanted = ?, revision = revision + 1, state = 'waiting', asked_by = ?,
                            is_logged = ?, is_forgotten = ?, last_error = NULL, changed_at = ?
         WHERE netid = ?",
        entry.wanted,
        entry.asked_by,
        entry.is_logged,
        entry.is_forgotten,
        now,
        netid
    )
    .execute(db)
    .await
    .map(drop)
}

/// Notes which value Grove added to the group, if it is still there.
pub(crate) async fn set_added(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
    added_dn: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE entries SET added_dn = ? WHERE netid = ?", added_dn, netid)
        .execute(db)
        .await
        .map(drop)
}

/// Notes that what is wanted is made and in the log.
pub(crate) async fn finish(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE entries SET state = 'done', asked_by = NULL, is_logged = TRUE, last_error = NULL,
                            tried_at = ?
         WHERE netid = ?",
        now,
        netid
    )
    .execute(db)
    .await
    .map(drop)
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
    let state = if refused { State::Refused } else { State::Waiting };
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

/// What is kept of someone, for themselves.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Kept {
    wanted: bool,
    state: State,
    pub(crate) added_dn: Option<String>,
    last_error: Option<String>,
    changed_at: DateTime<Utc>,
    tried_at: Option<DateTime<Utc>>,
}

/// What is kept of someone, if there is anything.
pub(crate) async fn kept(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Option<Kept>, sqlx::Error> {
    let kept = sqlx::query_as!(
        Kept,
        r#"SELECT wanted AS "wanted: bool", state AS "state: State", added_dn, last_error, changed_at,
                  tried_at
           FROM entries WHERE netid = ?"#,
        netid
    );
    kept.fetch_optional(db).await
}

/// Removes what is kept of someone.
pub(crate) async fn delete(db: impl MySqlExecutor<'_>, netid: &NetId) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM entries WHERE netid = ?", netid).execute(db).await.map(drop)
}

/// For whom someone asked for a change that is not made yet.
pub(crate) async fn asked_for_by(
    db: impl MySqlExecutor<'_>,
    asker: &Actor,
) -> Result<Vec<NetId>, sqlx::Error> {
    let people = sqlx::query_scalar!(
        r#"SELECT netid AS "netid: NetId" FROM entries WHERE asked_by = ? ORDER BY netid"#,
        asker
    );
    people.fetch_all(db).await
}

/// Has another be who asked for what someone asked for; returns how many changes those are.
pub(crate) async fn replace_asker(
    db: impl MySqlExecutor<'_>,
    asker: &Actor,
    other: &Actor,
) -> Result<u64, sqlx::Error> {
    let replaced = sqlx::query!("UPDATE entries SET asked_by = ? WHERE asked_by = ?", other, asker);
    Ok(replaced.execute(db).await?.rows_affected())
}

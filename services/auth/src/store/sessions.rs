//! Queries on sessions. A session is alive until it is ended, expires, idles or loses its account.

use chrono::{DateTime, Utc};
use grove_auth_api as api;
use grove_shared::{NetId, db, token};
use sqlx::{MySqlExecutor, MySqlPool};

use crate::session::{ABSOLUTE, Device, IDLE, LiveSession, USE_PRECISION};

/// Begins a session of an account; returns its id.
pub(crate) async fn insert(
    db: impl MySqlExecutor<'_>,
    account: u64,
    token: &str,
    device: &Device,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    sqlx::query!(
        "INSERT INTO sessions
             (account_id, token_hash, created_at, last_used_at, expires_at, user_agent, address)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
        account,
        &token::hash(token)[..],
        now,
        now,
        now + ABSOLUTE,
        device.user_agent(),
        device.address.map(|address| address.to_canonical().to_string())
    )
    .execute(db)
    .await
    .map(|inserted| inserted.last_insert_id())
}

/// The session that a token stands for, if it is alive.
pub(crate) async fn find(
    db: impl MySqlExecutor<'_>,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Option<LiveSession>, sqlx::Error> {
    sqlx::query_as!(
        LiveSession,
        r#"SELECT sessions.id, netid AS "netid: NetId", first_name, last_name,
                  sessions.created_at, last_used_at
           FROM sessions JOIN accounts ON accounts.id = account_id
           WHERE token_hash = ? AND ended_at IS NULL AND disabled_at IS NULL
             AND expires_at > ? AND last_used_at > ?"#,
        &token::hash(token)[..],
        now,
        now - IDLE
    )
    .fetch_optional(db)
    .await
}

/// Notes that a session is in use, unless that was noted within [`USE_PRECISION`].
pub(crate) async fn touch(
    db: impl MySqlExecutor<'_>,
    session: &LiveSession,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    if now - session.last_used_at < USE_PRECISION {
        return Ok(());
    }
    sqlx::query!(
        "UPDATE sessions SET last_used_at = ? WHERE id = ? AND last_used_at < ?",
        now,
        session.id,
        now
    )
    .execute(db)
    .await
    .map(drop)
}

/// The sessions of a person that are alive, newest first. `current` is the one that asks.
pub(crate) async fn list(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
    current: Option<u64>,
    now: DateTime<Utc>,
) -> Result<Vec<api::Session>, sqlx::Error> {
    sqlx::query_as!(
        api::Session,
        r#"SELECT sessions.id, sessions.created_at, last_used_at, expires_at, user_agent, address,
                  sessions.id = ? AS "current!: bool"
           FROM sessions JOIN accounts ON accounts.id = account_id
           WHERE netid = ? AND ended_at IS NULL AND disabled_at IS NULL
             AND expires_at > ? AND last_used_at > ?
           ORDER BY sessions.created_at DESC, sessions.id DESC"#,
        current.unwrap_or(0),
        netid,
        now,
        now - IDLE
    )
    .fetch_all(db)
    .await
}

/// Ends the session of a token, if there is one.
pub(crate) async fn end_by_token(
    db: impl MySqlExecutor<'_>,
    token: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE sessions SET ended_at = ? WHERE token_hash = ? AND ended_at IS NULL",
        now,
        &token::hash(token)[..]
    )
    .execute(db)
    .await
    .map(drop)
}

/// Ends one session of a person; false when they have no such session that is alive.
pub(crate) async fn end(
    db: impl MySqlExecutor<'_>,
    id: u64,
    netid: &NetId,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    sqlx::query!(
        "UPDATE sessions SET ended_at = ?
         WHERE id = ? AND account_id = (SELECT id FROM accounts WHERE netid = ?)
           AND ended_at IS NULL AND expires_at > ? AND last_used_at > ?",
        now,
        id,
        netid,
        now,
        now - IDLE
    )
    .execute(db)
    .await
    .map(|ended| ended.rows_affected() > 0)
}

/// Ends the sessions of a person but for `kept`; returns how many.
pub(crate) async fn end_all(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
    kept: Option<u64>,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    sqlx::query!(
        "UPDATE sessions SET ended_at = ?
         WHERE account_id = (SELECT id FROM accounts WHERE netid = ?)
           AND ended_at IS NULL AND id <> ?",
        now,
        netid,
        kept.unwrap_or(0)
    )
    .execute(db)
    .await
    .map(|ended| ended.rows_affected())
}

/// Deletes the sessions that ended or expired before `then`; returns how many.
pub(crate) async fn delete_old(db: &MySqlPool, then: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    db::in_batches(async || {
        let old = sqlx::query!(
            "DELETE FROM sessions WHERE ended_at < ? OR expires_at < ? LIMIT ?",
            then,
            then,
            db::BATCH
        );
        Ok(old.execute(db).await?.rows_affected())
    })
    .await
}

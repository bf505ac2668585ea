//! Queries on one-time links.

use chrono::{DateTime, Utc};
use grove_auth_api::LinkPurpose;
use grove_shared::{NetId, db, token};
use sqlx::{MySqlExecutor, MySqlPool};

use crate::link::lifetime;

/// Adds a link to choose a password, unless it is there already.
pub(crate) async fn insert(
    db: impl MySqlExecutor<'_>,
    account: u64,
    purpose: LinkPurpose,
    token: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO links (token_hash, account_id, purpose, created_at, expires_at)
         VALUES (?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE token_hash = VALUES(token_hash)",
        &token::hash(token)[..],
        account,
        purpose_name(purpose),
        now,
        now + lifetime(purpose)
    )
    .execute(db)
    .await
    .map(drop)
}

/// Whose password a link may set, if it is unused and in time and the account is not disabled.
pub(crate) async fn find(
    db: impl MySqlExecutor<'_>,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Option<NetId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT netid AS "netid: NetId" FROM links JOIN accounts ON accounts.id = account_id
           WHERE token_hash = ? AND used_at IS NULL AND expires_at > ? AND disabled_at IS NULL"#,
        &token::hash(token)[..],
        now
    )
    .fetch_optional(db)
    .await
}

/// Uses a link up; false when it was used before or is too old.
pub(crate) async fn consume(
    db: impl MySqlExecutor<'_>,
    token: &str,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    sqlx::query!(
        "UPDATE links SET used_at = ? WHERE token_hash = ? AND used_at IS NULL AND expires_at > ?",
        now,
        &token::hash(token)[..],
        now
    )
    .execute(db)
    .await
    .map(|used| used.rows_affected() > 0)
}

/// Uses up every link of an account.
pub(crate) async fn consume_all(
    db: impl MySqlExecutor<'_>,
    account: u64,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE links SET used_at = ? WHERE account_id = ? AND used_at IS NULL",
        now,
        account
    )
    .execute(db)
    .await
    .map(drop)
}

/// Deletes the links that expired before `then`.
pub(crate) async fn delete_old(db: &MySqlPool, then: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    db::in_batches(async || {
        let old = sqlx::query!("DELETE FROM links WHERE expires_at < ? LIMIT ?", then, db::BATCH);
        Ok(old.execute(db).await?.rows_affected())
    })
    .await
}

fn purpose_name(purpose: LinkPurpose) -> &'static str {
    match purpose {
        LinkPurpose::Activation => "activation",
        LinkPurpose::Reset => "reset",
    }
}

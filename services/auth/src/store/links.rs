//! Queries on one-time links.

use chrono::{DateTime, Utc};
use grove_shared::{NetId, token};
use sqlx::MySqlExecutor;

use crate::link::Purpose;

/// Adds a link to choose a password.
pub(crate) async fn insert(
    db: impl MySqlExecutor<'_>,
    account: u64,
    purpose: Purpose,
    token: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO links (token_hash, account_id, purpose, created_at, expires_at)
         VALUES (?, ?, ?, ?, ?)",
        &token::hash(token)[..],
        account,
        purpose.as_str(),
        now,
        now + purpose.lifetime()
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
pub(crate) async fn delete_old(
    db: impl MySqlExecutor<'_>,
    then: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM links WHERE expires_at < ?", then).execute(db).await.map(drop)
}

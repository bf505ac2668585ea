//! Every query on client applications.

use chrono::{DateTime, Utc};
use sqlx::MySqlExecutor;

/// A token of a client application.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) token_hash: Vec<u8>,
    pub(crate) scopes: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) last_used_at: Option<DateTime<Utc>>,
}

/// Every token that is not revoked, by name; also those that have expired.
pub(crate) async fn list(db: impl MySqlExecutor<'_>) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        "SELECT id, name, token_hash, scopes, created_at, expires_at, last_used_at
         FROM clients WHERE revoked_at IS NULL ORDER BY name, id"
    )
    .fetch_all(db)
    .await
}

/// Adds a token.
pub(crate) async fn insert(
    db: impl MySqlExecutor<'_>,
    name: &str,
    token_hash: &[u8],
    scopes: &str,
    now: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO clients (name, token_hash, scopes, created_at, expires_at)
         VALUES (?, ?, ?, ?, ?)",
        name,
        token_hash,
        scopes,
        now,
        expires_at
    )
    .execute(db)
    .await
    .map(drop)
}

/// The name that belongs to a token which is valid now.
pub(crate) async fn find_name(
    db: impl MySqlExecutor<'_>,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "SELECT name FROM clients
         WHERE token_hash = ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)",
        token_hash,
        now
    )
    .fetch_optional(db)
    .await
}

/// The scopes of a client's newest token that is valid now.
pub(crate) async fn find_scopes(
    db: impl MySqlExecutor<'_>,
    name: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "SELECT scopes FROM clients
         WHERE name = ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)
         ORDER BY id DESC LIMIT 1",
        name,
        now
    )
    .fetch_optional(db)
    .await
}

/// Lets the tokens of a client end at `expires_at`, but for those that end earlier.
pub(crate) async fn expire(
    db: impl MySqlExecutor<'_>,
    name: &str,
    expires_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE clients SET expires_at = ?
         WHERE name = ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)",
        expires_at,
        name,
        expires_at
    )
    .execute(db)
    .await
    .map(drop)
}

/// Revokes every token of a client; tells how many there were.
pub(crate) async fn revoke(
    db: impl MySqlExecutor<'_>,
    name: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let revoked = sqlx::query!(
        "UPDATE clients SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL",
        now,
        name
    );
    Ok(revoked.execute(db).await?.rows_affected())
}

/// Notes that a token was used.
pub(crate) async fn touch(
    db: impl MySqlExecutor<'_>,
    id: u64,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!("UPDATE clients SET last_used_at = ? WHERE id = ?", now, id)
        .execute(db)
        .await
        .map(drop)
}

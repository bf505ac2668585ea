//! What is kept of one person's requests.

use chrono::{DateTime, Utc};
use grove_shared::NetId;
use serde::Serialize;
use sqlx::{MySqlConnection, MySqlPool, Row};

/// A request that a person sent with a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptRequest {
    /// The key.
    pub idempotency_key: String,
    /// What was answered, and would be again.
    pub reply: Option<String>,
    /// When it came.
    pub created_at: DateTime<Utc>,
}

/// The requests of a person that are kept for when they are repeated, the oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn requests_of(db: &MySqlPool, netid: &NetId) -> Result<Vec<KeptRequest>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT idempotency_key, reply, created_at FROM idempotency_keys
         WHERE caller = ? ORDER BY created_at, idempotency_key",
    );
    let rows = rows.bind(owner(netid)).fetch_all(db).await?;
    let kept = rows.iter().map(|row| {
        Ok(KeptRequest {
            idempotency_key: row.try_get(0)?,
            reply: row.try_get(1)?,
            created_at: row.try_get(2)?,
        })
    });
    kept.collect()
}

/// Forgets the requests of a person, as a part of the transaction that forgets them; returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn forget_requests_of(
    transaction: &mut MySqlConnection,
    netid: &NetId,
) -> Result<u64, sqlx::Error> {
    let forgotten = sqlx::query("DELETE FROM idempotency_keys WHERE caller = ?");
    Ok(forgotten.bind(owner(netid)).execute(transaction).await?.rows_affected())
}

/// Whose keys those of a person are.
pub(crate) fn owner(netid: &NetId) -> String {
    format!("person:{netid}")
}

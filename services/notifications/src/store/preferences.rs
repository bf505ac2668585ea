//! Who wants which messages where.

use chrono::{DateTime, Utc};
use grove_shared::{NetId, db};
use sqlx::{MySqlConnection, MySqlExecutor, MySqlPool};

use crate::error::NotificationError;

/// What somebody said about a kind of message on a channel.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) kind: String,
    pub(crate) channel: String,
    pub(crate) enabled: bool,
}

/// All that somebody said.
pub(crate) async fn of(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<Said>, NotificationError> {
    let said = sqlx::query_as!(
        Said,
        r#"SELECT kind, channel, enabled AS "enabled: bool" FROM preferences WHERE netid = ?"#,
        netid
    );
    Ok(said.fetch_all(db).await?)
}

/// Notes what somebody says.
pub(crate) async fn set(
    transaction: &mut MySqlConnection,
    netid: &NetId,
    kind: &str,
    channel: &str,
    enabled: bool,
    now: DateTime<Utc>,
) -> Result<(), NotificationError> {
    let set = sqlx::query!(
        "INSERT INTO preferences (netid, kind, channel, enabled, changed_at)
         VALUES (?, ?, ?, ?, ?)
         ON DUPLICATE KEY UPDATE enabled = VALUES(enabled), changed_at = VALUES(changed_at)",
        netid,
        kind,
        channel,
        enabled,
        now
    );
    Ok(set.execute(transaction).await.map(drop)?)
}

/// Who does not want a kind of message on a channel.
pub(crate) async fn unwanted_by(
    db: impl MySqlExecutor<'_>,
    kind: &str,
    channel: &str,
) -> Result<Vec<NetId>, NotificationError> {
    let netids = sqlx::query_scalar!(
        r#"SELECT netid AS "netid: NetId" FROM preferences
           WHERE kind = ? AND channel = ? AND NOT enabled"#,
        kind,
        channel
    );
    Ok(netids.fetch_all(db).await?)
}

/// Records a token that switches a kind off for whom a delivery is for; false when there is no such delivery
/// any more, since they are forgotten.
pub(crate) async fn insert_token(
    db: impl MySqlExecutor<'_>,
    hash: &[u8],
    delivery: u64,
    kind: &str,
    now: DateTime<Utc>,
) -> Result<bool, NotificationError> {
    let inserted = sqlx::query!(
        "INSERT INTO unsubscribe_tokens (token_hash, netid, kind, created_at)
         SELECT ?, netid, ?, ? FROM deliveries WHERE id = ? LOCK IN SHARE MODE",
        hash,
        kind,
        now,
        delivery
    );
    Ok(inserted.execute(db).await?.rows_affected() > 0)
}

/// Whose token it is, and for which kind, for a transaction that uses it.
pub(crate) async fn lock_token(
    db: impl MySqlExecutor<'_>,
    hash: &[u8],
) -> Result<(NetId, String), NotificationError> {
    let token = sqlx::query!(
        r#"SELECT netid AS "netid: NetId", kind FROM unsubscribe_tokens
           WHERE token_hash = ? LOCK IN SHARE MODE"#,
        hash
    );
    let token = token.fetch_optional(db).await?.ok_or(NotificationError::UnknownToken)?;
    Ok((token.netid, token.kind))
}

/// Deletes tokens from before `then`; returns how many.
pub(crate) async fn delete_old_tokens(
    db: &MySqlPool,
    then: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    db::in_batches(async || {
        let deleted = sqlx::query!(
            "DELETE FROM unsubscribe_tokens WHERE created_at < ? LIMIT ?",
            then,
            db::BATCH
        );
        Ok(deleted.execute(db).await?.rows_affected())
    })
    .await
}

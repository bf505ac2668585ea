//! Every query on people who asked to join and have proven nothing, and on how often somebody asks.

use chrono::{DateTime, Utc};
use grove_shared::{NetId, db};
use sqlx::{MySqlExecutor, MySqlPool};

use crate::{error::UserError, user::NewUser};

/// Counts a try of a subject, beginning anew if the last count began before `since`. Tries of the same
/// subject wait for the end of the transaction.
pub(crate) async fn count_try(
    transaction: impl MySqlExecutor<'_>,
    subject: &str,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    sqlx::query!(
        "INSERT INTO join_limits (subject, window_start, tries) VALUES (?, ?, 1)
         ON DUPLICATE KEY UPDATE
             tries = IF(window_start <= ?, 1, tries + 1),
             window_start = IF(window_start <= ?, VALUES(window_start), window_start)",
        subject,
        now,
        since,
        since
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// How many tries of a subject were counted.
pub(crate) async fn tries(db: impl MySqlExecutor<'_>, subject: &str) -> Result<u32, UserError> {
    let tries = sqlx::query_scalar!("SELECT tries FROM join_limits WHERE subject = ?", subject);
    Ok(tries.fetch_optional(db).await?.unwrap_or_default())
}

/// Forgets the counts that began before `then`.
pub(crate) async fn forget_tries(db: &MySqlPool, then: DateTime<Utc>) -> Result<(), UserError> {
    db::in_batches(async || {
        let old =
            sqlx::query!("DELETE FROM join_limits WHERE window_start < ? LIMIT ?", then, db::BATCH);
        Ok(old.execute(db).await?.rows_affected())
    })
    .await?;
    Ok(())
}

/// Lets someone be who another form says.
pub(crate) async fn overwrite(db: impl MySqlExecutor<'_>, user: &NewUser) -> Result<(), UserError> {
    sqlx::query!(
        "UPDATE users SET first_name = ?, last_name = ?, uin = ?, created_at = ? WHERE netid = ?",
        user.first_name.as_str(),
        user.last_name.as_str(),
        user.uin.map(|uin| uin.0),
        user.created_at,
        user.netid
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Some of those whose last form came before `then` and who have proven nothing.
pub(crate) async fn unverified(
    db: impl MySqlExecutor<'_>,
    then: DateTime<Utc>,
) -> Result<Vec<NetId>, UserError> {
    let netids = sqlx::query_scalar!(
        r#"SELECT netid AS "netid: NetId" FROM users
           WHERE verified_at IS NULL AND created_at < ?
             AND NOT EXISTS (SELECT 1 FROM memberships WHERE user_id = users.id)
           LIMIT ?"#,
        then,
        db::BATCH
    );
    Ok(netids.fetch_all(db).await?)
}

/// Removes someone, if it is as [`unverified`] says; false when it is not.
pub(crate) async fn delete_unverified(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
    then: DateTime<Utc>,
) -> Result<bool, UserError> {
    let deleted = sqlx::query!(
        "DELETE FROM users
         WHERE netid = ? AND verified_at IS NULL AND created_at < ?
           AND NOT EXISTS (SELECT 1 FROM memberships WHERE user_id = users.id)",
        netid,
        then
    );
    Ok(deleted.execute(db).await?.rows_affected() > 0)
}

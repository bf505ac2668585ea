//! Queries on tries at passwords.

use chrono::{DateTime, Utc};
use grove_shared::db;
use sqlx::{MySqlExecutor, MySqlPool};

use crate::attempt::{Attempt, Outcome};

/// Makes the transaction the only one that counts tries from this source.
pub(crate) async fn lock_source(
    transaction: impl MySqlExecutor<'_>,
    source: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO sign_in_sources (source, last_seen_at) VALUES (?, ?)
         ON DUPLICATE KEY UPDATE last_seen_at = VALUES(last_seen_at)",
        source,
        now
    )
    .execute(transaction)
    .await
    .map(drop)
}

/// Notes how a try ended.
pub(crate) async fn insert(
    db: impl MySqlExecutor<'_>,
    attempt: &Attempt,
    outcome: Outcome,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO sign_in_attempts (account_key, source, outcome, created_at)
         VALUES (?, ?, ?, ?)",
        &attempt.account_key[..],
        attempt.source,
        outcome.as_str(),
        now
    )
    .execute(db)
    .await
    .map(drop)
}

/// When the `nth` last try at the account from the source was, if that was after `since`.
pub(crate) async fn nth_last_of_both(
    db: impl MySqlExecutor<'_>,
    attempt: &Attempt,
    outcome: Outcome,
    nth: u32,
    since: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT created_at FROM sign_in_attempts
         WHERE account_key = ? AND source = ? AND outcome = ? AND created_at > ?
         ORDER BY created_at DESC LIMIT 1 OFFSET ?",
        &attempt.account_key[..],
        attempt.source,
        outcome.as_str(),
        since,
        nth.saturating_sub(1)
    )
    .fetch_optional(db)
    .await
}

/// As [`nth_last_of_both`], from any source.
pub(crate) async fn nth_last_of_account(
    db: impl MySqlExecutor<'_>,
    attempt: &Attempt,
    outcome: Outcome,
    nth: u32,
    since: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT created_at FROM sign_in_attempts
         WHERE account_key = ? AND outcome = ? AND created_at > ?
         ORDER BY created_at DESC LIMIT 1 OFFSET ?",
        &attempt.account_key[..],
        outcome.as_str(),
        since,
        nth.saturating_sub(1)
    )
    .fetch_optional(db)
    .await
}

/// As [`nth_last_of_both`], at any account.
pub(crate) async fn nth_last_of_source(
    db: impl MySqlExecutor<'_>,
    attempt: &Attempt,
    outcome: Outcome,
    nth: u32,
    since: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT created_at FROM sign_in_attempts
         WHERE source = ? AND outcome = ? AND created_at > ?
         ORDER BY created_at DESC LIMIT 1 OFFSET ?",
        attempt.source,
        outcome.as_str(),
        since,
        nth.saturating_sub(1)
    )
    .fetch_optional(db)
    .await
}

/// Deletes the tries before `then`, and the successes before `long_ago`.
pub(crate) async fn delete_old(
    db: &MySqlPool,
    then: DateTime<Utc>,
    long_ago: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    db::in_batches(async || {
        let old = sqlx::query!(
            "DELETE FROM sign_in_attempts
             WHERE created_at < ? AND (outcome <> 'succeeded' OR created_at < ?) LIMIT ?",
            then,
            long_ago,
            db::BATCH
        );
        Ok(old.execute(db).await?.rows_affected())
    })
    .await
}

/// Deletes the sources without a try since `then`.
pub(crate) async fn delete_old_sources(
    db: &MySqlPool,
    then: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    db::in_batches(async || {
        let old = sqlx::query!(
            "DELETE FROM sign_in_sources WHERE last_seen_at < ? LIMIT ?",
            then,
            db::BATCH
        );
        Ok(old.execute(db).await?.rows_affected())
    })
    .await
}

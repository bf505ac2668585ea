//! Queries on tries at passwords and on effects that arrived.

use chrono::{DateTime, Utc};
use grove_shared::db::Refusal;
use sqlx::MySqlExecutor;

use crate::throttle::{Attempt, Outcome};

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

/// Notes that the call with this idempotency key has its effect; false when it had it before.
pub(crate) async fn receive_effect(
    db: impl MySqlExecutor<'_>,
    key: &str,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query!(
        "INSERT INTO received_effects (idempotency_key, created_at) VALUES (?, ?)",
        key,
        now
    );
    match inserted.execute(db).await {
        Ok(_) => Ok(true),
        Err(cause) if Refusal::of(&cause) == Some(Refusal::Duplicate) => Ok(false),
        Err(cause) => Err(cause),
    }
}

/// Deletes the tries before `then`, and the successes before `long_ago`.
pub(crate) async fn delete_old(
    db: impl MySqlExecutor<'_>,
    then: DateTime<Utc>,
    long_ago: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM sign_in_attempts
         WHERE created_at < ? AND (outcome <> 'succeeded' OR created_at < ?)",
        then,
        long_ago
    )
    .execute(db)
    .await
    .map(drop)
}

/// Deletes the sources without a try since `then`.
pub(crate) async fn delete_old_sources(
    db: impl MySqlExecutor<'_>,
    then: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM sign_in_sources WHERE last_seen_at < ?", then)
        .execute(db)
        .await
        .map(drop)
}

/// Deletes what is known of effects that arrived before `then`.
pub(crate) async fn delete_old_effects(
    db: impl MySqlExecutor<'_>,
    then: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM received_effects WHERE created_at < ?", then)
        .execute(db)
        .await
        .map(drop)
}

//! How an effect enters an outbox.

use chrono::{DateTime, Utc};
use grove_shared::{Call, db::Transaction};
use grove_telemetry::RequestContext;
use http::Method;

use crate::{bell, words::Words};

/// Records an effect, as a part of the transaction that causes it, with the words for people in case that it
/// does not go through; returns the effect's id.
///
/// # Errors
/// When the row cannot be written, or the call is no POST.
pub async fn enqueue<T>(
    transaction: &mut Transaction,
    effect: &Call<T>,
    words: &Words,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    insert(transaction, effect, None, words, now).await
}

/// As [`enqueue`], and the receiver gets the effects about one subject, such as a NetID, in the order
/// of their causes: one that is late holds up those that follow, until it arrives or is dead.
///
/// # Errors
/// As [`enqueue`].
pub async fn enqueue_in_order<T>(
    transaction: &mut Transaction,
    effect: &Call<T>,
    subject: &str,
    words: &Words,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    insert(transaction, effect, Some(subject), words, now).await
}

async fn insert<T>(
    transaction: &mut Transaction,
    effect: &Call<T>,
    subject: Option<&str>,
    words: &Words,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let malformed = |cause: &str| sqlx::Error::Encode(cause.to_owned().into());
    if effect.method() != Method::POST {
        return Err(malformed("an effect is a POST"));
    }
    let path = effect.target().map_err(|cause| malformed(&cause.to_string()))?;
    let body = effect.body().map_err(|cause| malformed(&cause.to_string()))?;
    let body = body.map_or_else(|| "{}".to_owned(), ToString::to_string);
    let key =
        effect.key().map_or_else(|| format!("{:032x}", rand::random::<u128>()), str::to_owned);
    let cause = RequestContext::current();
    let inserted = sqlx::query(
        "INSERT INTO outbox
             (idempotency_key, peer, path, body, subject, what, concerns, request_id, traceparent,
              next_attempt_at, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(key)
    .bind(effect.service())
    .bind(path)
    .bind(body)
    .bind(subject)
    .bind(&words.what)
    .bind(&words.concerns)
    .bind(cause.as_ref().map(|request| request.id.as_str()))
    .bind(cause.as_ref().map(RequestContext::traceparent))
    .bind(now)
    .bind(now)
    .execute(&mut **transaction)
    .await?;
    transaction.after_commit(bell::ring);
    Ok(inserted.last_insert_id())
}

//! Side effects that cross a service, delivered at least once.
//!
//! A row of the table `outbox` is written in the transaction of its cause and delivered by a
//! [`Worker`], with exponential backoff and an idempotency key, so that a receiver sees each effect
//! once. What a receiver refuses, or what fails for [`GIVE_UP_AFTER`] tries, is dead: [`routes`] shows
//! it to officers, who have it delivered again when its cause is mended.
//!
//! An effect remembers the request that caused it, and is delivered in its name.
//!
//! A body is shown to officers and kept, so it holds no secret.
//!
//! The table is the same in each schema (see `migrations/`), so the queries here are checked by the
//! tests of the services rather than at compile time (ADR 4).

mod admin;
mod worker;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::MySqlConnection;

use crate::request::RequestContext;

pub use crate::api::outbox::{Effects, PendingEffect};
pub use admin::routes;
pub use worker::{GIVE_UP_AFTER, Worker};

/// A call to another service that has to happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect<'a, B> {
    /// The service to call.
    pub peer: &'a str,
    /// The path to POST to.
    pub path: &'a str,
    /// The JSON to send.
    pub body: B,
}

/// Records an effect, as a part of the transaction that causes it.
///
/// # Errors
/// When the row cannot be written.
pub async fn enqueue<B: Serialize>(
    transaction: &mut MySqlConnection,
    effect: &Effect<'_, B>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    insert(transaction, effect, None, now).await
}

/// As [`enqueue`], and the receiver gets the effects about one subject, such as a NetID, in the order
/// of their causes: one that is late holds up those that follow, until it arrives or is dead.
///
/// # Errors
/// As [`enqueue`].
pub async fn enqueue_in_order<B: Serialize>(
    transaction: &mut MySqlConnection,
    effect: &Effect<'_, B>,
    subject: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    insert(transaction, effect, Some(subject), now).await
}

async fn insert<B: Serialize>(
    transaction: &mut MySqlConnection,
    effect: &Effect<'_, B>,
    subject: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let body = serde_json::to_string(&effect.body).map_err(|e| sqlx::Error::Encode(e.into()))?;
    let cause = RequestContext::current();
    sqlx::query(
        "INSERT INTO outbox
             (idempotency_key, peer, path, body, subject, request_id, traceparent, next_attempt_at,
              created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(format!("{:032x}", rand::random::<u128>()))
    .bind(effect.peer)
    .bind(effect.path)
    .bind(body)
    .bind(subject)
    .bind(cause.as_ref().map(|request| request.id.as_str()))
    .bind(cause.as_ref().map(RequestContext::traceparent))
    .bind(now)
    .bind(now)
    .execute(transaction)
    .await
    .map(drop)
}

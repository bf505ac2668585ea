//! Every query on what is kept of one person: to tell it, and to forget it.

use chrono::{DateTime, NaiveDate, Utc};
use grove_shared::NetId;
use serde::Serialize;
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::error::UserError;

/// The subjects under which requests of a person are counted.
pub(crate) fn counted_as(netid: &NetId) -> [String; 2] {
    [format!("netid:{netid}"), format!("data:{netid}")]
}

/// A person's record.
#[derive(Debug, Serialize)]
pub(crate) struct Record {
    first_name: String,
    last_name: String,
    uin: Option<u32>,
    joined_at: DateTime<Utc>,
    verified_at: Option<DateTime<Utc>>,
    name_is_published: bool,
    imported_from_directory: bool,
}

/// A term of membership.
#[derive(Debug, Serialize)]
pub(crate) struct Term {
    starts_on: NaiveDate,
    ends_on: NaiveDate,
    confirmed_by: Option<String>,
    payment: Option<String>,
    created_at: DateTime<Utc>,
}

/// A term of somebody else that the person confirmed.
#[derive(Debug, Serialize)]
pub(crate) struct Confirmed {
    netid: String,
    starts_on: NaiveDate,
}

/// A time that the person was deleted and came back.
#[derive(Debug, Serialize)]
pub(crate) struct Deleted {
    deleted_at: DateTime<Utc>,
    deleted_by: Option<String>,
}

/// How often a person did something lately.
#[derive(Debug, Serialize)]
pub(crate) struct Count {
    what: String,
    since: DateTime<Utc>,
    times: u32,
}

/// What another service was told of the person.
#[derive(Debug, Serialize)]
pub(crate) struct SentEffect {
    service: String,
    what: Option<String>,
    words: String,
    answer: Option<String>,
    created_at: DateTime<Utc>,
    delivered_at: Option<DateTime<Utc>>,
}

/// What a service was answered about the person, and would be again.
#[derive(Debug, Serialize)]
pub(crate) struct Answered {
    to: String,
    reply: Option<String>,
    created_at: DateTime<Utc>,
}

/// The record, if the person has joined.
pub(crate) async fn record(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Option<Record>, UserError> {
    let record = sqlx::query_as!(
        Record,
        r#"SELECT first_name, last_name, uin, created_at AS joined_at, verified_at,
                  published AS "name_is_published: bool",
                  added_to_directory AS "imported_from_directory: bool"
           FROM users WHERE netid = ?"#,
        netid
    );
    Ok(record.fetch_optional(db).await?)
}

/// The terms, the oldest first.
pub(crate) async fn terms(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<Term>, UserError> {
    let terms = sqlx::query_as!(
        Term,
        "SELECT starts_on, ends_on, approved_by AS confirmed_by, payment, memberships.created_at
         FROM memberships JOIN users ON users.id = user_id WHERE netid = ? ORDER BY starts_on",
        netid
    );
    Ok(terms.fetch_all(db).await?)
}

/// The terms of others that the person confirmed as an officer.
pub(crate) async fn confirmed_by(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<Confirmed>, UserError> {
    let confirmed = sqlx::query_as!(
        Confirmed,
        "SELECT netid, starts_on FROM memberships JOIN users ON users.id = user_id
         WHERE approved_by = ? ORDER BY memberships.id",
        netid
    );
    Ok(confirmed.fetch_all(db).await?)
}

/// When the person was deleted, in the last 400 days.
pub(crate) async fn deletions_of(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<Deleted>, UserError> {
    let deletions = sqlx::query_as!(
        Deleted,
        "SELECT deleted_at, deleted_by FROM deletions WHERE netid = ? ORDER BY id",
        netid
    );
    Ok(deletions.fetch_all(db).await?)
}

/// When the person deleted somebody as an officer; whom is nobody's business any more.
pub(crate) async fn deletions_by(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<DateTime<Utc>>, UserError> {
    let times = sqlx::query_scalar!(
        "SELECT deleted_at FROM deletions WHERE deleted_by = ? ORDER BY id",
        netid
    );
    Ok(times.fetch_all(db).await?)
}

/// How often the person asked to join and for their data lately.
pub(crate) async fn counts(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<Count>, UserError> {
    let [joins, downloads] = counted_as(netid);
    let counts = sqlx::query_as!(
        Count,
        "SELECT subject AS what, window_start AS since, tries AS times FROM join_limits
         WHERE subject IN (?, ?) ORDER BY subject",
        joins,
        downloads
    );
    Ok(counts.fetch_all(db).await?)
}

/// What other services were told of the person, or are to be told.
pub(crate) async fn told(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
    address: &str,
) -> Result<Vec<SentEffect>, UserError> {
    let told = sqlx::query_as!(
        SentEffect,
        r#"SELECT peer AS service, what, body AS words, reply AS answer, created_at, delivered_at
           FROM outbox
           WHERE subject = ? OR concerns = ? OR JSON_VALUE(body, '$.netid') = ?
              OR JSON_VALUE(body, '$.services[0].recipients[0]') = ?
           ORDER BY id"#,
        netid,
        netid,
        netid,
        address
    );
    Ok(told.fetch_all(db).await?)
}

/// What services were answered about the person.
pub(crate) async fn replies(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<Answered>, UserError> {
    let replies = sqlx::query_as!(
        Answered,
        "SELECT caller AS `to`, reply, created_at FROM idempotency_keys
         WHERE JSON_VALUE(reply, '$.netid') = ? ORDER BY created_at",
        netid
    );
    Ok(replies.fetch_all(db).await?)
}

/// Forgets how often the person asked for something. It comes first of what locks something, as it does when
/// somebody asks to join.
pub(crate) async fn forget_counts(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<u64, UserError> {
    let [joins, downloads] = counted_as(netid);
    let forgotten =
        sqlx::query!("DELETE FROM join_limits WHERE subject IN (?, ?)", joins, downloads);
    Ok(forgotten.execute(db).await?.rows_affected())
}

/// Has nobody known as who confirmed the terms that the person confirmed; returns how many that are.
pub(crate) async fn forget_confirmer(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<u64, UserError> {
    let forgotten =
        sqlx::query!("UPDATE memberships SET approved_by = NULL WHERE approved_by = ?", netid);
    Ok(forgotten.execute(db).await?.rows_affected())
}

/// Has nobody known as who deleted those whom the person deleted; returns how many that are.
pub(crate) async fn forget_deleter(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<u64, UserError> {
    let forgotten =
        sqlx::query!("UPDATE deletions SET deleted_by = NULL WHERE deleted_by = ?", netid);
    Ok(forgotten.execute(db).await?.rows_affected())
}

/// Has replies about the person say nothing, so that a request that is repeated has no second effect and tells
/// nothing; returns how many that are.
pub(crate) async fn forget_replies(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<u64, UserError> {
    let forgotten = sqlx::query!(
        "UPDATE idempotency_keys SET reply = 'null' WHERE JSON_VALUE(reply, '$.netid') = ?",
        netid
    );
    Ok(forgotten.execute(db).await?.rows_affected())
}

/// What became of what the outbox has of a person.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Effects {
    /// How many are gone.
    pub(crate) removed: u64,
    /// How many are still to be delivered, or awaited by a deletion.
    pub(crate) left: u64,
}

/// Removes what the outbox has of a person and delivers no more. What is under way arrives before what has its
/// receiver forget the person. Each row is changed by its id, so that none of others is locked.
pub(crate) async fn forget_effects(
    transaction: &mut MySqlConnection,
    netid: &NetId,
    address: &str,
) -> Result<Effects, UserError> {
    let rows = sqlx::query!(
        r#"SELECT id, (delivered_at IS NOT NULL OR dead_at IS NOT NULL)
                  AND NOT EXISTS (SELECT 1 FROM deletion_steps
                                  WHERE effect_id = outbox.id AND confirmed_at IS NULL)
                  AS "is_over!: bool"
           FROM outbox
           WHERE subject = ? OR concerns = ? OR JSON_VALUE(body, '$.netid') = ?
              OR JSON_VALUE(body, '$.services[0].recipients[0]') = ?"#,
        netid,
        netid,
        netid,
        address
    );
    let mut effects = Effects::default();
    for row in rows.fetch_all(&mut *transaction).await? {
        if row.is_over {
            let removal = sqlx::query!("DELETE FROM outbox WHERE id = ?", row.id);
            effects.removed += removal.execute(&mut *transaction).await?.rows_affected();
        } else {
            sqlx::query!(
                "UPDATE outbox SET subject = ? WHERE id = ? AND subject IS NULL",
                netid,
                row.id
            )
            .execute(&mut *transaction)
            .await?;
            effects.left += 1;
        }
    }
    Ok(effects)
}

//! Every query on reservations.

use chrono::{DateTime, Utc};
use grove_shared::NetId;
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::{error::GigError, gig::Terms};

/// A question to credits for whose answer a gig waits.
#[derive(Debug, Clone)]
pub(crate) struct Reservation {
    pub(crate) id: u64,
    pub(crate) gig_id: u64,
    pub(crate) issuer: NetId,
    pub(crate) idempotency_key: String,
    pub(crate) amount: i64,
    pub(crate) title: String,
    pub(crate) details: String,
    pub(crate) credits: i64,
    /// How often it was asked.
    pub(crate) attempts: u32,
    /// Until when it is in the caller's hands. Whoever takes it later writes another time, so that the first
    /// one changes nothing any more.
    pub(crate) lease: DateTime<Utc>,
}

impl Reservation {
    /// What the gig offers once the amount is reserved.
    pub(crate) fn terms(&self) -> Terms {
        Terms { title: self.title.clone(), details: self.details.clone(), credits: self.credits }
    }
}

/// Notes a question, in the hands of the caller until `lease`.
pub(crate) async fn insert(
    transaction: &mut MySqlConnection,
    gig_id: u64,
    issuer: &NetId,
    terms: &Terms,
    amount: i64,
    (idempotency_key, now, lease): (String, DateTime<Utc>, DateTime<Utc>),
) -> Result<Reservation, GigError> {
    let inserted = sqlx::query!(
        "INSERT INTO reservations (gig_id, idempotency_key, amount, title, details, credits,
                                   attempts, next_attempt_at, created_at)
         VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?)",
        gig_id,
        idempotency_key,
        amount,
        terms.title,
        terms.details,
        terms.credits,
        lease,
        now
    );
    let id = inserted.execute(transaction).await?.last_insert_id();
    let Terms { title, details, credits } = terms.clone();
    let issuer = issuer.clone();
    Ok(Reservation {
        id,
        gig_id,
        issuer,
        idempotency_key,
        amount,
        title,
        details,
        credits,
        attempts: 1,
        lease,
    })
}

/// The gigs with a question that is due.
pub(crate) async fn due(
    db: impl MySqlExecutor<'_>,
    now: DateTime<Utc>,
    asked_after: DateTime<Utc>,
) -> Result<Vec<u64>, GigError> {
    let gigs = sqlx::query_scalar!(
        "SELECT gig_id FROM reservations
         WHERE state = 'asked' AND next_attempt_at <= ? AND created_at > ?
         ORDER BY next_attempt_at, id LIMIT 100",
        now,
        asked_after
    );
    Ok(gigs.fetch_all(db).await?)
}

/// Takes the open question of a gig until `lease`; nothing when there is none or another has it.
pub(crate) async fn take(
    transaction: &mut MySqlConnection,
    gig_id: u64,
    (now, lease): (DateTime<Utc>, DateTime<Utc>),
    asked_after: DateTime<Utc>,
) -> Result<Option<Reservation>, GigError> {
    let taken = sqlx::query!(
        "UPDATE reservations SET attempts = attempts + 1, next_attempt_at = ?
         WHERE gig_id = ? AND state = 'asked' AND next_attempt_at <= ? AND created_at > ?",
        lease,
        gig_id,
        now,
        asked_after
    );
    if taken.execute(&mut *transaction).await?.rows_affected() == 0 {
        return Ok(None);
    }
    let reservation = sqlx::query_as!(
        Reservation,
        r#"SELECT reservations.id, gig_id, issuer AS "issuer!: NetId", idempotency_key, amount,
                  reservations.title, reservations.details, reservations.credits, attempts,
                  next_attempt_at AS lease
           FROM reservations JOIN gigs ON gigs.id = gig_id
           WHERE gig_id = ? AND reservations.state = 'asked'"#,
        gig_id
    );
    Ok(reservation.fetch_optional(transaction).await?)
}

/// Leaves a question for later.
pub(crate) async fn postpone(
    db: impl MySqlExecutor<'_>,
    reservation: &Reservation,
    until: DateTime<Utc>,
) -> Result<(), GigError> {
    sqlx::query!(
        "UPDATE reservations SET next_attempt_at = ?
         WHERE id = ? AND state = 'asked' AND next_attempt_at = ?",
        until,
        reservation.id,
        reservation.lease
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What a question was before its answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    Asked,
    /// Another attempt was refused.
    Refused,
    Reserved,
}

/// Notes that the amount was reserved, whoever has the lease: credits moved, and once.
pub(crate) async fn set_reserved(
    transaction: &mut MySqlConnection,
    id: u64,
) -> Result<Before, GigError> {
    for (state, before) in [("asked", Before::Asked), ("refused", Before::Refused)] {
        let noted = sqlx::query!(
            "UPDATE reservations SET state = 'reserved' WHERE id = ? AND state = ?",
            id,
            state
        );
        if noted.execute(&mut *transaction).await?.rows_affected() > 0 {
            return Ok(before);
        }
    }
    Ok(Before::Reserved)
}

/// Notes that the amount was refused; false when another attempt has the last word.
pub(crate) async fn set_refused(
    db: impl MySqlExecutor<'_>,
    reservation: &Reservation,
) -> Result<bool, GigError> {
    let noted = sqlx::query!(
        "UPDATE reservations SET state = 'refused'
         WHERE id = ? AND state = 'asked' AND next_attempt_at = ?",
        reservation.id,
        reservation.lease
    );
    Ok(noted.execute(db).await?.rows_affected() > 0)
}

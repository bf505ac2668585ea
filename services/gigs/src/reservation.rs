//! Takes rewards from their issuers, and finds out whether it did when no answer came.
//!
//! A gig whose reward is asked for is `reserving`. The question, with the idempotency key of its call,
//! is stored before the call; so whoever asks can die, and another asks the same again. A definite
//! answer opens the gig or refuses it. If the gig was closed meanwhile, what was reserved goes back.

use chrono::{DateTime, TimeDelta, Utc};
use grove_client::Peers;
use grove_shared::{CallError, Client, Clock, NetId, db};
use sqlx::{MySqlConnection, MySqlPool};

use crate::{
    effect,
    error::GigError,
    gig::{State, Terms},
    store::{
        gigs,
        reservations::{self, Before, Reservation},
    },
};

/// While one asks, no other does, unless the first died this long ago: longer than a call takes.
const LEASE: TimeDelta = TimeDelta::seconds(15);
const LONGEST_WAIT_SECONDS: i64 = 60;
/// Credits knows the key of a service for 400 days; a question that is older could have its effect twice.
pub(crate) const ASKED_FOR: TimeDelta = TimeDelta::days(390);

/// Asks credits for rewards until it knows whether they are reserved.
#[derive(Debug, Clone)]
pub struct Reconciler {
    /// The schema with the reservations.
    pub db: MySqlPool,
    /// Where credits is.
    pub peers: Peers,
    /// Decides what is due.
    pub clock: Clock,
}

/// What became of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Reserved,
    /// For this reason.
    Refused(String),
    Unknown,
}

/// Notes the question for `amount`, so that a gig of `issuer` may offer `terms`. The caller has to ask it.
pub(crate) async fn begin(
    transaction: &mut MySqlConnection,
    (gig_id, issuer): (u64, &NetId),
    terms: &Terms,
    amount: i64,
    now: DateTime<Utc>,
) -> Result<Reservation, GigError> {
    // At random, so that a database that was restored never repeats a key of its lost future.
    let key = format!("gig-{gig_id}-{:032x}", rand::random::<u128>());
    let times = (key, now, now + LEASE);
    reservations::insert(transaction, gig_id, issuer, terms, amount, times).await
}

impl Reconciler {
    /// Asks again what is due; returns how many questions found their answer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settle_due(&self) -> anyhow::Result<usize> {
        let now = self.clock.now();
        let mut settled = 0;
        for gig_id in reservations::due(&self.db, now, now - ASKED_FOR).await? {
            match self.ask_again(gig_id).await? {
                // Credits is away: the others would only wait for it, too.
                Some(Outcome::Unknown) => break,
                Some(_) => settled += 1,
                None => {}
            }
        }
        Ok(settled)
    }

    /// Asks the open question of a gig; nothing when there is none or it is not due.
    pub(crate) async fn ask_again(&self, gig_id: u64) -> Result<Option<Outcome>, GigError> {
        let now = self.clock.now();
        let mut transaction = db::begin(&self.db).await?;
        let taken =
            reservations::take(&mut transaction, gig_id, (now, now + LEASE), now - ASKED_FOR)
                .await?;
        transaction.commit().await?;
        match taken {
            Some(reservation) => Ok(Some(self.ask(&reservation).await?)),
            None => Ok(None),
        }
    }

    /// Asks credits, and notes the answer.
    pub(crate) async fn ask(&self, reservation: &Reservation) -> Result<Outcome, GigError> {
        let Reservation { gig_id, issuer, title, amount, .. } = reservation;
        let transfer = effect::reservation(*gig_id, issuer, title, *amount);
        match self.peers.call(transfer.once(&reservation.idempotency_key)).await {
            Ok(_) => self.reserved(reservation).await,
            Err(cause) if cause.is_final() => self.refused(reservation, &cause).await,
            Err(cause) => {
                tracing::warn!(gig.id = gig_id, %cause, "gig {gig_id} waits for its reward");
                let wait = (1_i64 << reservation.attempts.saturating_sub(1).min(10))
                    .min(LONGEST_WAIT_SECONDS);
                let until = self.clock.now() + TimeDelta::seconds(wait);
                reservations::postpone(&self.db, reservation, until).await?;
                Ok(Outcome::Unknown)
            }
        }
    }

    async fn reserved(&self, reservation: &Reservation) -> Result<Outcome, GigError> {
        let mut transaction = db::begin(&self.db).await?;
        gigs::lock(&mut transaction, reservation.gig_id).await?;
        let gig = gigs::find_any(&mut *transaction, reservation.gig_id).await?;
        let before = reservations::set_reserved(&mut transaction, reservation.id).await?;
        match before {
            Before::Asked if gig.state == State::Reserving => {
                let escrowed = gig.escrowed + reservation.amount;
                gigs::open(&mut *transaction, gig.id, &reservation.terms(), escrowed).await?;
                tracing::info!(gig.id, "gig {} of {} is open", gig.id, reservation.issuer);
            }
            Before::Asked | Before::Refused => {
                let now = self.clock.now();
                effect::give_back(&mut transaction, &gig, reservation.amount, now).await?;
                transaction.commit().await?;
                let reason = "The gig was given up meanwhile; your credits come back";
                return Ok(Outcome::Refused(reason.to_owned()));
            }
            Before::Reserved => {}
        }
        transaction.commit().await?;
        Ok(Outcome::Reserved)
    }

    async fn refused(
        &self,
        reservation: &Reservation,
        cause: &CallError,
    ) -> Result<Outcome, GigError> {
        let mut transaction = db::begin(&self.db).await?;
        gigs::lock(&mut transaction, reservation.gig_id).await?;
        let gig = gigs::find_any(&mut *transaction, reservation.gig_id).await?;
        if !reservations::set_refused(&mut *transaction, reservation).await? {
            transaction.rollback().await?;
            return Ok(Outcome::Unknown);
        }
        if gig.state == State::Reserving {
            // What was asked for on top of an open gig's reward changes nothing.
            let state = if gig.escrowed > 0 { State::Open } else { State::Refused };
            gigs::set_state(&mut *transaction, gig.id, state).await?;
        }
        transaction.commit().await?;
        let reason = match cause {
            CallError::Refused { message, .. } if !message.is_empty() => message,
            _ => "Not enough credits",
        };
        Ok(Outcome::Refused(reason.to_owned()))
    }
}

//! Posting a gig, once however often it is asked.

use grove_gigs_api::NewGig;
use grove_http::ApiError;
use grove_outbox::IdempotencyKey;
use http::StatusCode;

use crate::{
    error::GigError,
    gig::{Draft, State},
    reservation::{self, Outcome},
    state::AppState,
    store::gigs,
};

/// Posts a gig; returns its id. A request that was sent before, under the same key or while its reward
/// is still asked for, finds the gig that is there.
pub(crate) async fn post(
    state: &AppState,
    key: Option<&IdempotencyKey>,
    new: &NewGig,
    draft: &Draft,
) -> Result<u64, ApiError> {
    let now = state.clock.now();
    let mut transaction = state.begin_for(&draft.issuer, now).await?;
    let earlier = match key {
        Some(key) => {
            let reply = key.begin(&mut transaction, new, now).await?;
            reply.map(|reply| reply.body.parse()).transpose().map_err(ApiError::internal)?
        }
        None if draft.admin_task => None,
        None => gigs::find_twin(&mut *transaction, draft).await?,
    };
    if let Some(id) = earlier
        && gigs::find_any(&mut *transaction, id).await?.state != State::Refused
    {
        transaction.commit().await?;
        settle(state, id).await?;
        return Ok(id);
    }
    let id = gigs::insert(&mut *transaction, draft, now).await?;
    let reward = draft.terms.credits;
    let reservation = if draft.admin_task {
        None
    } else {
        Some(
            reservation::begin(&mut transaction, (id, &draft.issuer), &draft.terms, reward, now)
                .await?,
        )
    };
    if let Some(key) = key {
        key.finish(&mut transaction, StatusCode::OK, &id).await?;
    }
    transaction.commit().await?;
    tracing::info!(gig.id = id, "gig {id} posted by {}", draft.issuer);
    if let Some(reservation) = reservation {
        known(state.reconciler().ask(&reservation).await?)?;
    }
    Ok(id)
}

/// Sees to the reward of a gig that an earlier request posted.
async fn settle(state: &AppState, id: u64) -> Result<(), GigError> {
    if let Some(outcome) = state.reconciler().ask_again(id).await? {
        return known(outcome);
    }
    match gigs::find_any(&state.db, id).await?.state {
        State::Reserving => known(Outcome::Unknown),
        State::Refused => known(Outcome::Refused("Not enough credits".to_owned())),
        State::Open | State::Fulfilled | State::Closed => Ok(()),
    }
}

/// Turns what became of a reward into what its issuer is told.
pub(crate) fn known(outcome: Outcome) -> Result<(), GigError> {
    match outcome {
        Outcome::Reserved => Ok(()),
        Outcome::Refused(reason) => Err(GigError::NotReserved(reason)),
        Outcome::Unknown => Err(GigError::OutcomeUnknown),
    }
}

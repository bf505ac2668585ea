//! Changing, closing and deleting a gig.

use chrono::{DateTime, Utc};
use grove_audit::record;
use grove_identity::caller::Member;
use grove_shared::{NetId, db};

use crate::{
    claim::State as ClaimState,
    effect::{self, ClaimEvent},
    error::GigError,
    gig::{Change, Gig, State},
    logged, posting, reservation,
    state::AppState,
    store::{claims, gigs, reservations::Reservation},
};

/// Closes or edits a gig. A higher reward is asked for before the gig offers it.
pub(crate) async fn update(
    state: &AppState,
    member: &Member,
    id: u64,
    change: &Change,
) -> Result<(), GigError> {
    let now = state.clock.now();
    let mut transaction = state.begin_for(&member.netid, now).await?;
    gigs::lock(&mut transaction, id).await?;
    let gig = gigs::find_visible(&mut *transaction, id, &member.into()).await?;
    let reservation = if change.active == Some(false) {
        close(&mut transaction, state, member, &gig, change, now).await?;
        None
    } else {
        edit(&mut transaction, member, &gig, change, now).await?
    };
    transaction.commit().await?;
    match reservation {
        Some(reservation) => posting::known(state.reconciler().ask(&reservation).await?),
        None => Ok(()),
    }
}

/// Closes a gig, unless it is. Any officer may close one that the chapter pays for.
async fn close(
    transaction: &mut db::Transaction,
    state: &AppState,
    member: &Member,
    gig: &Gig,
    change: &Change,
    now: DateTime<Utc>,
) -> Result<(), GigError> {
    let may_close = gig.is_of(member) || gig.admin_task && member.is_officer();
    if !may_close {
        return Err(GigError::NotIssuer);
    }
    if change.applied_to(gig)? != gig.terms() {
        return Err(GigError::CloseAndEdit);
    }
    let is_closed_now = cancel(transaction, state, &member.netid, gig, now).await?;
    if is_closed_now && !gig.is_of(member) {
        record(transaction, logged::closed(member, gig), now).await?;
    }
    Ok(())
}

/// Edits a gig on which nobody has a claim; returns the question that has to be asked.
async fn edit(
    transaction: &mut db::Transaction,
    member: &Member,
    gig: &Gig,
    change: &Change,
    now: DateTime<Utc>,
) -> Result<Option<Reservation>, GigError> {
    if !gig.is_of(member) {
        return Err(GigError::NotIssuer);
    }
    gig.check_payer(member)?;
    let terms = change.applied_to(gig)?;
    let is_over = matches!(gig.state, State::Fulfilled | State::Closed);
    if change.active == Some(true) && is_over {
        return Err(GigError::StaysClosed);
    }
    if terms == gig.terms() {
        return Ok(None);
    }
    if gig.state != State::Open {
        return Err(GigError::NotOpen);
    }
    if !claims::pending(&mut **transaction, gig.id).await?.is_empty() {
        return Err(GigError::HasClaims);
    }
    let more = terms.credits - gig.credits;
    if gig.admin_task {
        gigs::open(&mut **transaction, gig.id, &terms, 0).await?;
    } else if more > 0 {
        gigs::set_state(&mut **transaction, gig.id, State::Reserving).await?;
        return Ok(Some(
            reservation::begin(transaction, (gig.id, &member.netid), &terms, more, now).await?,
        ));
    } else {
        gigs::open(&mut **transaction, gig.id, &terms, terms.credits).await?;
        if more < 0 {
            effect::give_back(transaction, gig, -more, now).await?;
        }
    }
    Ok(None)
}

/// Deletes a gig: its issuer and officers may.
pub(crate) async fn delete(state: &AppState, member: &Member, id: u64) -> Result<(), GigError> {
    let now = state.clock.now();
    let mut transaction = state.begin_for(&member.netid, now).await?;
    gigs::lock(&mut transaction, id).await?;
    let gig = gigs::find_visible(&mut *transaction, id, &member.into()).await?;
    if !gig.is_of(member) && !member.is_officer() {
        return Err(GigError::NotIssuer);
    }
    cancel(&mut transaction, state, &member.netid, &gig, now).await?;
    gigs::delete(&mut *transaction, id, now).await?;
    if !gig.is_of(member) {
        record(&mut transaction, logged::deleted(member, &gig), now).await?;
    }
    Ok(transaction.commit().await?)
}

/// Ends a gig that is not done: the reward goes back, and nobody's claim stays open. Returns false when it
/// was over before.
pub(crate) async fn cancel(
    transaction: &mut db::Transaction,
    state: &AppState,
    by: &NetId,
    gig: &Gig,
    now: DateTime<Utc>,
) -> Result<bool, GigError> {
    if !matches!(gig.state, State::Open | State::Reserving) {
        return Ok(false);
    }
    if gig.escrowed > 0 {
        effect::give_back(transaction, gig, gig.escrowed, now).await?;
    }
    gigs::end(&mut **transaction, gig.id, State::Closed).await?;
    reject_pending(transaction, state, by, gig, now).await?;
    Ok(true)
}

/// Rejects every claim on which nobody decided; returns how many.
pub(crate) async fn reject_pending(
    transaction: &mut db::Transaction,
    state: &AppState,
    by: &NetId,
    gig: &Gig,
    now: DateTime<Utc>,
) -> Result<usize, GigError> {
    let pending = claims::pending(&mut **transaction, gig.id).await?;
    for claim in &pending {
        claims::end(&mut **transaction, claim.id, ClaimState::Rejected, by, now).await?;
        if let Some(claimant) = &claim.claimant {
            let event = ClaimEvent::Rejected { claimant };
            effect::tell(transaction, gig, event, &state.mails, now).await?;
        }
    }
    Ok(pending.len())
}

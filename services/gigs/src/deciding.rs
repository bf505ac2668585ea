//! Claims: making, accepting and ending one.

use grove_client::Peers;
use grove_identity::caller::Member;
use grove_shared::{CallError, Client, NetId, db};

use crate::{
    claim::{Claim, State},
    editing,
    effect::{self, ClaimEvent},
    error::GigError,
    gig::State as GigState,
    state::AppState,
    store::{
        claims::{self, Made},
        gigs,
    },
};

/// Claims a gig for a member who can be paid.
pub(crate) async fn claim(
    state: &AppState,
    member: &Member,
    gig_id: u64,
) -> Result<Claim, GigError> {
    gigs::find_visible(&state.db, gig_id, &member.into()).await?.check_claim(member)?;
    if !has_account(&state.peers, &member.netid).await? {
        return Err(GigError::NoAccount);
    }
    let now = state.clock.now();
    let mut transaction = db::begin(&state.db).await?;
    gigs::lock(&mut transaction, gig_id).await?;
    let gig = gigs::find_visible(&mut *transaction, gig_id, &member.into()).await?;
    gig.check_claim(member)?;
    let (id, made) = claims::insert(&mut transaction, gig_id, &member.netid, now).await?;
    if made == Made::First {
        let event = ClaimEvent::Claimed { by: &member.netid };
        effect::tell(&mut transaction, &gig, event, &state.mails, now).await?;
    }
    let claim = claims::find(&mut *transaction, id).await?;
    transaction.commit().await?;
    tracing::info!(claim.id = id, "gig {gig_id} claimed by {}", member.netid);
    Ok(claim)
}

/// Has the claimant paid, and ends the gig. While credits do not answer, the account that the claimant had
/// when claiming is believed in.
pub(crate) async fn accept(state: &AppState, member: &Member, id: u64) -> Result<(), GigError> {
    let Claim { gig_id, claimant, .. } =
        claims::find_visible(&state.db, id, &member.into()).await?;
    let has_account = has_account(&state.peers, &claimant).await.unwrap_or(true);
    let now = state.clock.now();
    let mut transaction = db::begin(&state.db).await?;
    gigs::lock(&mut transaction, gig_id).await?;
    let gig = gigs::find_any(&mut *transaction, gig_id).await?;
    let claim = claims::find(&mut *transaction, id).await?;
    claim.check_acceptance(&gig, member)?;
    if gig.state != GigState::Open {
        return Err(GigError::NotOpen);
    }
    if !has_account {
        return Err(GigError::ClaimantHasNoAccount);
    }
    let payment = effect::pay(&mut transaction, &gig, &claim.claimant, now).await?;
    claims::accept(&mut *transaction, id, payment, &member.netid, now).await?;
    gigs::end(&mut *transaction, gig_id, GigState::Fulfilled).await?;
    let event = ClaimEvent::Accepted { claimant: &claim.claimant };
    effect::tell(&mut transaction, &gig, event, &state.mails, now).await?;
    editing::reject_pending(&mut transaction, state, member, &gig, now).await?;
    transaction.commit().await?;
    tracing::info!(claim.id = id, "claim {id} on gig {gig_id} accepted by {}", member.netid);
    Ok(())
}

/// Withdraws or rejects a claim.
pub(crate) async fn end(state: &AppState, member: &Member, id: u64) -> Result<(), GigError> {
    let gig_id = claims::find_visible(&state.db, id, &member.into()).await?.gig_id;
    let now = state.clock.now();
    let mut transaction = db::begin(&state.db).await?;
    gigs::lock(&mut transaction, gig_id).await?;
    let gig = gigs::find_any(&mut *transaction, gig_id).await?;
    let claim = claims::find(&mut *transaction, id).await?;
    let ended = claim.end_by(member)?;
    claims::end(&mut *transaction, id, ended, &member.netid, now).await?;
    if ended == State::Rejected {
        let event = ClaimEvent::Rejected { claimant: &claim.claimant };
        effect::tell(&mut transaction, &gig, event, &state.mails, now).await?;
    }
    transaction.commit().await?;
    tracing::info!(claim.id = id, "claim {id} on gig {gig_id} ended by {}", member.netid);
    Ok(())
}

/// Whether someone can be paid.
async fn has_account(peers: &Peers, netid: &NetId) -> Result<bool, CallError> {
    match peers.call(grove_credits_api::member_balance(netid)).await {
        Ok(_) => Ok(true),
        Err(cause) if cause.is_not_found() => Ok(false),
        Err(cause) => Err(cause),
    }
}

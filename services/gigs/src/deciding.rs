//! Claims: making, accepting and ending one.

use grove_audit::record;
use grove_client::Peers;
use grove_identity::caller::Member;
use grove_shared::{CallError, Client, NetId};

use crate::{
    claim::{Claim, State},
    editing,
    effect::{self, ClaimEvent},
    error::GigError,
    gig::State as GigState,
    logged,
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
    let mut transaction = state.begin_for(&member.netid, now).await?;
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
    // Nobody's claim is one that was paid.
    let claimant = claimant.ok_or(GigError::AlreadyFulfilled)?;
    let has_account = has_account(&state.peers, &claimant).await.unwrap_or(true);
    let now = state.clock.now();
    let mut transaction = state.begin_for(&member.netid, now).await?;
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
    let payment = effect::pay(&mut transaction, &gig, &claimant, now).await?;
    claims::accept(&mut *transaction, id, payment, &member.netid, now).await?;
    gigs::end(&mut *transaction, gig_id, GigState::Fulfilled).await?;
    let event = ClaimEvent::Accepted { claimant: &claimant };
    effect::tell(&mut transaction, &gig, event, &state.mails, now).await?;
    let rejected =
        editing::reject_pending(&mut transaction, state, &member.netid, &gig, now).await?;
    if gig.admin_task {
        let accepted = logged::accepted(member, &gig, &claim, rejected);
        record(&mut transaction, accepted, now).await?;
    }
    transaction.commit().await?;
    tracing::info!(claim.id = id, "claim {id} on gig {gig_id} accepted by {}", member.netid);
    Ok(())
}

/// Withdraws or rejects a claim.
pub(crate) async fn end(state: &AppState, member: &Member, id: u64) -> Result<(), GigError> {
    let gig_id = claims::find_visible(&state.db, id, &member.into()).await?.gig_id;
    let now = state.clock.now();
    let mut transaction = state.begin_for(&member.netid, now).await?;
    gigs::lock(&mut transaction, gig_id).await?;
    let gig = gigs::find_any(&mut *transaction, gig_id).await?;
    let claim = claims::find(&mut *transaction, id).await?;
    let ended = claim.end_by(member)?;
    claims::end(&mut *transaction, id, ended, &member.netid, now).await?;
    if let (State::Rejected, Some(claimant)) = (ended, &claim.claimant) {
        let event = ClaimEvent::Rejected { claimant };
        effect::tell(&mut transaction, &gig, event, &state.mails, now).await?;
        if !claim.is_on_gig_of(member) {
            record(&mut transaction, logged::rejected(member, &claim), now).await?;
        }
    }
    transaction.commit().await?;
    tracing::info!(claim.id = id, "claim {id} on gig {gig_id} ended by {}", member.netid);
    Ok(())
}

/// Whether someone can be paid.
pub(crate) async fn has_account(peers: &Peers, netid: &NetId) -> Result<bool, CallError> {
    match peers.call(grove_credits_api::member_balance(netid)).await {
        Ok(_) => Ok(true),
        Err(cause) if cause.is_not_found() => Ok(false),
        Err(cause) => Err(cause),
    }
}

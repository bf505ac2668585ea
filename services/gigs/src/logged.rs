//! What officers do about gigs and claims of others, as the log has it.

use grove_audit::Change;
use grove_gigs_api::{ClaimState, GigState};
use grove_identity::caller::Member;
use grove_shared::NetId;
use serde_json::json;

use crate::{claim::Claim, gig::Gig};

/// A claim on somebody else's gig was rejected.
pub(crate) fn rejected(officer: &Member, claim: &Claim) -> Change {
    let change = Change::new(officer, "rejected", "claim", claim.id)
        .from(json!({ "state": ClaimState::Pending }))
        .to(json!({ "state": ClaimState::Rejected }))
        .irreversible(
            "Whoever was rejected cannot claim this gig again: its issuer can post another one.",
        );
    about(change, claim.claimant.as_ref())
}

/// A claim on a gig was accepted that the chapter pays for, and with that `rejected` other claims were not.
pub(crate) fn accepted(officer: &Member, gig: &Gig, claim: &Claim, rejected: usize) -> Change {
    let change = Change::new(officer, "accepted", "claim", claim.id)
        .from(json!({ "state": ClaimState::Pending }))
        .to(json!({
            "state": ClaimState::Accepted,
            "credits": gig.credits,
            "other_claims_rejected": rejected,
        }))
        .irreversible("The credits are on their way: an admin can take them back from the claimant's account.");
    about(change, claim.claimant.as_ref())
}

/// Somebody else's gig was closed.
pub(crate) fn closed(officer: &Member, gig: &Gig) -> Change {
    let change = Change::new(officer, "closed", "gig", gig.id)
        .from(json!({ "state": GigState::from(gig) }))
        .to(json!({ "state": GigState::Closed }))
        .irreversible("A gig that is closed stays closed: its issuer can post another one.");
    about(change, gig.issuer.as_ref())
}

/// Somebody else's gig was deleted, and what was set aside for it goes back.
pub(crate) fn deleted(officer: &Member, gig: &Gig) -> Change {
    let change = Change::new(officer, "deleted", "gig", gig.id)
        .from(json!({ "state": GigState::from(gig), "set_aside": gig.escrowed }))
        .irreversible("A gig that is deleted stays hidden: its issuer can post another one.");
    about(change, gig.issuer.as_ref())
}

fn about(change: Change, person: Option<&NetId>) -> Change {
    match person {
        Some(person) => change.about(person),
        None => change,
    }
}

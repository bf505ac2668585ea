//! What a claim is, and who may decide on it.

use chrono::{DateTime, Utc};
use grove_shared::{
    NetId,
    api::gigs::{self as api, ClaimState},
    caller::Member,
};

use crate::{error::GigError, gig::Gig};

/// A claim on a gig.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    pub(crate) id: u64,
    pub(crate) gig_id: u64,
    pub(crate) claimant: NetId,
    pub(crate) issuer: NetId,
    pub(crate) state: ClaimState,
    pub(crate) created_at: DateTime<Utc>,
}

impl Claim {
    /// Whether `member` may have the claimant paid.
    pub(crate) fn check_acceptance(&self, gig: &Gig, member: &Member) -> Result<(), GigError> {
        gig.check_payer(member)?;
        if !gig.admin_task && !gig.is_of(member) {
            return Err(GigError::NotIssuer);
        }
        if self.claimant == member.netid { Err(GigError::OwnClaim) } else { Ok(()) }
    }

    /// What the claim becomes when `member` ends it.
    pub(crate) fn end_by(&self, member: &Member) -> Result<ClaimState, GigError> {
        if self.claimant == member.netid {
            Ok(ClaimState::Withdrawn)
        } else if self.issuer == member.netid || member.is_officer() {
            Ok(ClaimState::Rejected)
        } else {
            Err(GigError::NotConcerned)
        }
    }
}

impl From<Claim> for api::Claim {
    fn from(claim: Claim) -> Self {
        Self {
            id: claim.id,
            gig_id: claim.gig_id,
            claimant: claim.claimant.to_string(),
            issuer: claim.issuer.to_string(),
            fulfilled: claim.state == ClaimState::Accepted,
            state: claim.state,
            created_at: claim.created_at,
        }
    }
}

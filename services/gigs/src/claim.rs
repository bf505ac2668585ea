//! What a claim is, and who may decide on it.

use chrono::{DateTime, Utc};
use grove_gigs_api as api;
use grove_identity::caller::Member;
use grove_shared::NetId;

use crate::{
    error::GigError,
    gig::{Gig, name_of},
};

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub(crate) enum State {
    Pending,
    Accepted,
    Rejected,
    Withdrawn,
}

impl State {
    /// Their names, in the database as in a query.
    pub(crate) const NAMES: [&str; 4] = ["pending", "accepted", "rejected", "withdrawn"];
}

impl TryFrom<String> for State {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        match name.as_str() {
            "pending" => Ok(Self::Pending),
            "accepted" => Ok(Self::Accepted),
            "rejected" => Ok(Self::Rejected),
            "withdrawn" => Ok(Self::Withdrawn),
            _ => Err(format!("no claim is {name}")),
        }
    }
}

impl From<State> for api::ClaimState {
    fn from(state: State) -> Self {
        match state {
            State::Pending => Self::Pending,
            State::Accepted => Self::Accepted,
            State::Rejected => Self::Rejected,
            State::Withdrawn => Self::Withdrawn,
        }
    }
}

/// A claim on a gig.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Claim {
    pub(crate) id: u64,
    pub(crate) gig_id: u64,
    /// Nobody when they were forgotten, as the issuer.
    pub(crate) claimant: Option<NetId>,
    pub(crate) issuer: Option<NetId>,
    #[sqlx(try_from = "String")]
    pub(crate) state: State,
    pub(crate) created_at: DateTime<Utc>,
}

impl Claim {
    /// Whether `member` may have the claimant paid.
    pub(crate) fn check_acceptance(&self, gig: &Gig, member: &Member) -> Result<(), GigError> {
        gig.check_payer(member)?;
        if !gig.admin_task && !gig.is_of(member) {
            return Err(GigError::NotIssuer);
        }
        if self.is_of(member) {
            return Err(GigError::OwnClaim);
        }
        self.check_pending()
    }

    /// What the claim becomes when `member` ends it.
    pub(crate) fn end_by(&self, member: &Member) -> Result<State, GigError> {
        let ended = if self.is_of(member) {
            State::Withdrawn
        } else if self.is_on_gig_of(member) || member.is_officer() {
            State::Rejected
        } else {
            return Err(GigError::NotConcerned);
        };
        self.check_pending().map(|()| ended)
    }

    fn is_of(&self, member: &Member) -> bool {
        self.claimant.as_ref() == Some(&member.netid)
    }

    /// Whether `member` is the issuer of the gig.
    pub(crate) fn is_on_gig_of(&self, member: &Member) -> bool {
        self.issuer.as_ref() == Some(&member.netid)
    }

    /// A decision on a claim is final.
    fn check_pending(&self) -> Result<(), GigError> {
        match self.state {
            State::Pending => Ok(()),
            State::Accepted => Err(GigError::AlreadyFulfilled),
            State::Rejected | State::Withdrawn => Err(GigError::ClaimDecided),
        }
    }
}

impl From<Claim> for api::Claim {
    fn from(claim: Claim) -> Self {
        Self {
            id: claim.id,
            gig_id: claim.gig_id,
            claimant: name_of(claim.claimant.as_ref()),
            issuer: name_of(claim.issuer.as_ref()),
            fulfilled: claim.state == State::Accepted,
            state: claim.state.into(),
            created_at: claim.created_at,
        }
    }
}

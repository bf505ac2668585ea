//! What can go wrong with a gig or a claim.

use grove_http::ApiError;
use grove_identity::caller::not_an_officer;
use grove_shared::CallError;
use http::StatusCode;
use serde_json::json;

/// A request that the service understood and refused, or could not carry out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GigError {
    #[error("Missing required parameter in the JSON body")]
    Missing(&'static str),
    #[error("{text}")]
    Invalid { field: &'static str, text: String },
    #[error("Invalid gig id.")]
    UnknownGigInBody,
    #[error("Invalid gig id")]
    UnknownGig,
    #[error("Invalid claim id")]
    UnknownClaim,
    #[error("There is no such page")]
    UnknownPage,
    #[error("A gig is posted in one's own name")]
    OtherIssuer,
    #[error("A gig is claimed in one's own name")]
    OtherClaimant,
    #[error("You are being forgotten here, so nothing of yours can begin")]
    Forgotten,
    #[error("Only the issuer of a gig may do this")]
    NotIssuer,
    #[error("Only officers deal with gigs that the chapter pays for")]
    NotOfficer,
    #[error("Only the issuer of the gig and the claimant may do this")]
    NotConcerned,
    #[error("Nobody accepts their own claim")]
    OwnClaim,
    #[error("Cannot claim an inactive gig")]
    Inactive,
    #[error("Cannot claim your own gig")]
    OwnGig,
    #[error("Cannot double claim a gig")]
    DoubleClaim,
    #[error("The issuer rejected your claim on this gig")]
    RejectedBefore,
    #[error("Claim already fulfilled")]
    AlreadyFulfilled,
    #[error("The claim was rejected or withdrawn")]
    ClaimDecided,
    #[error("Only an open gig can be edited, and its claims accepted")]
    NotOpen,
    #[error("A gig with claims cannot be edited: reject them first, or close the gig")]
    HasClaims,
    #[error("A gig that is closed stays closed: post another one")]
    StaysClosed,
    #[error("Who pays for a gig cannot be changed: post another one")]
    PayerIsFixed,
    #[error("Close a gig or edit it, not both at once")]
    CloseAndEdit,
    /// Credits refused to reserve the reward, for this reason.
    #[error("{0}")]
    NotReserved(String),
    #[error(
        "It is not known yet whether your credits could be reserved. The gig opens as soon as they are."
    )]
    OutcomeUnknown,
    #[error("There is no account for your credits yet, please try again in a minute")]
    NoAccount,
    #[error("The claimant has no account that the credits could go to")]
    ClaimantHasNoAccount,
    #[error(transparent)]
    Peer(#[from] CallError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl GigError {
    /// The member of the request that is wrong.
    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Missing(field) | Self::Invalid { field, .. } => Some(field),
            Self::UnknownGigInBody => Some("gig_id"),
            _ => None,
        }
    }
}

impl From<GigError> for ApiError {
    fn from(error: GigError) -> Self {
        use GigError as E;
        let message = error.to_string();
        let field = error.field();
        let error = match error {
            E::Missing(_)
            | E::Invalid { .. }
            | E::Inactive
            | E::OwnGig
            | E::DoubleClaim
            | E::RejectedBefore
            | E::CloseAndEdit => Self::bad_request(message.clone()),
            E::UnknownGigInBody | E::UnknownGig | E::UnknownClaim | E::UnknownPage => {
                Self::not_found(message.clone())
            }
            E::NotOfficer => not_an_officer(),
            E::OtherIssuer
            | E::OtherClaimant
            | E::Forgotten
            | E::NotIssuer
            | E::NotConcerned
            | E::OwnClaim => Self::forbidden(message.clone()),
            E::AlreadyFulfilled
            | E::ClaimDecided
            | E::NotOpen
            | E::HasClaims
            | E::StaysClosed
            | E::PayerIsFixed
            | E::NoAccount
            | E::ClaimantHasNoAccount => Self::conflict(message.clone()),
            E::NotReserved(_) => Self::new(StatusCode::PAYMENT_REQUIRED, message.clone()),
            E::OutcomeUnknown => Self::unavailable(message.clone()),
            E::Peer(cause) => return cause.into(),
            E::Database(cause) => return cause.into(),
        };
        match field {
            Some(field) => error.with("message", json!({ field: message })),
            None => error,
        }
    }
}

//! What can go wrong with credits.

use grove_http::ApiError;
use grove_shared::{CallError, db::Refusal};
use http::StatusCode;
use serde_json::json;

use crate::stripe::StripeError;

/// A request that the service understood and refused, or could not carry out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CreditsError {
    #[error("Unrecognized user")]
    UnknownUser,
    #[error("{1}")]
    Field(&'static str, String),
    #[error("This needs {needed} credits, and {available} are available")]
    Short { needed: i64, available: i64 },
    #[error("Nobody can send credits to themselves")]
    ToOneself,
    #[error("This service may not move credits this way")]
    NotAllowed,
    #[error("Unknown transaction")]
    UnknownTransaction,
    #[error("This transaction was reversed already")]
    Reversed,
    #[error("A reversal cannot be reversed; correct it by a new transaction")]
    IsReversal,
    #[error("Only an adjustment can be reversed; correct this by a new one")]
    NotAdjustment,
    #[error("Unknown hold")]
    UnknownHold,
    #[error("The hold was {0} already")]
    Settled(&'static str),
    #[error("The hold has expired")]
    Expired,
    #[error("Unknown payment")]
    UnknownPayment,
    #[error("This Idempotency-Key was used for another request")]
    OtherPayment,
    #[error("Card payment is switched off")]
    NoCards,
    #[error(transparent)]
    Stripe(#[from] StripeError),
    #[error(transparent)]
    Peer(#[from] CallError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// A refusal that says everything already, such as that of an idempotency key.
    #[error("{}", .0.message())]
    Api(ApiError),
}

impl From<ApiError> for CreditsError {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl CreditsError {
    /// A field of the request that is wrong.
    pub(crate) fn field(name: &'static str, reason: impl Into<String>) -> Self {
        Self::Field(name, reason.into())
    }

    /// Whether the database refused what exists already.
    pub(crate) fn is_duplicate(&self) -> bool {
        matches!(self, Self::Database(cause) if Refusal::of(cause) == Some(Refusal::Duplicate))
    }
}

impl From<CreditsError> for ApiError {
    fn from(error: CreditsError) -> Self {
        use CreditsError as E;
        let message = error.to_string();
        match error {
            E::UnknownUser | E::UnknownTransaction | E::UnknownHold | E::UnknownPayment => {
                Self::not_found(message)
            }
            // Old clients look for the reason under the name of the field.
            E::Field(name, reason) => {
                Self::bad_request(message).with("message", json!({ name: reason }))
            }
            E::ToOneself => Self::bad_request(message),
            E::NotAllowed => Self::forbidden(message),
            E::Reversed | E::IsReversal | E::NotAdjustment | E::Settled(_) => {
                Self::conflict(message)
            }
            E::Expired => Self::new(StatusCode::GONE, message),
            E::OtherPayment => Self::new(StatusCode::UNPROCESSABLE_ENTITY, message),
            E::NoCards => Self::new(StatusCode::SERVICE_UNAVAILABLE, message),
            E::Short { .. } | E::Stripe(StripeError::Declined(_)) => {
                Self::new(StatusCode::PAYMENT_REQUIRED, message)
            }
            E::Stripe(cause @ StripeError::Unavailable(_)) => {
                Self::unavailable("Stripe does not answer, please try again").because(cause)
            }
            E::Stripe(cause @ StripeError::Refused(_)) => Self::internal(cause),
            E::Peer(cause) => cause.into(),
            E::Database(cause) => cause.into(),
            E::Api(error) => error,
        }
    }
}

//! What can go wrong between a person and their account.

use std::time::Duration;

use grove_http::ApiError;
use grove_shared::CallError;

use crate::{account::NameTooLong, password::WeakPassword};

/// A request that the service understood and refused, or could not carry out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthError {
    #[error("Missing {0}")]
    Missing(&'static str),
    #[error(transparent)]
    NameTooLong(#[from] NameTooLong),
    /// One answer for a wrong password and for an account that is unknown, disabled or not active.
    #[error("Invalid netid or password")]
    BadCredentials,
    #[error("The current password is wrong")]
    WrongPassword,
    #[error(transparent)]
    WeakPassword(#[from] WeakPassword),
    #[error("Too many tries, please wait")]
    TooManyTries(Duration),
    #[error("Too many people are signing in, please try again")]
    Busy(Duration),
    #[error("Session not found")]
    NoSession,
    #[error("This link has expired or was used")]
    NoLink,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Peer(#[from] CallError),
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        use AuthError as E;
        let message = error.to_string();
        match error {
            E::Missing(_)
            | E::NameTooLong(_)
            | E::BadCredentials
            | E::WrongPassword
            | E::WeakPassword(_) => Self::bad_request(message),
            E::TooManyTries(wait) => Self::too_many_requests(wait),
            E::Busy(wait) => Self::unavailable(message).retry_after(wait),
            E::NoSession | E::NoLink => Self::not_found(message),
            E::Database(cause) => cause.into(),
            E::Peer(cause) => cause.into(),
            E::Internal(cause) => Self::internal(cause),
        }
    }
}

//! What can go wrong with a person's record.

use std::time::Duration;

use grove_http::ApiError;

/// When to come back after [`UserError::TooManyForms`].
const JOIN_AGAIN: Duration = Duration::from_mins(10);

/// A request that the service understood and refused, or could not carry out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UserError {
    #[error("Missing {0}")]
    Missing(&'static str),
    #[error("{field} may have at most {most} characters")]
    TooLong { field: &'static str, most: usize },
    #[error("{0} may have no line breaks or other control characters")]
    ControlCharacter(&'static str),
    #[error("{0} may not contain any of : / @ < > \\")]
    NoName(&'static str),
    #[error("Too many people have asked to join from here, please wait")]
    TooManyForms,
    #[error("A valid netid must be entered")]
    InvalidNetId,
    #[error("UIN must be an integer")]
    UinNotInteger,
    #[error("UIN must have nine digits")]
    UinNotNineDigits,
    #[error("User already exists")]
    Exists,
    #[error("Error with UIN")]
    UinTaken,
    #[error("User not found")]
    NotFound,
    #[error("User is already a member")]
    AlreadyMember,
    #[error("Invalid netid or password")]
    WrongCredentials,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<UserError> for ApiError {
    fn from(error: UserError) -> Self {
        match error {
            UserError::TooManyForms => Self::too_many_requests(JOIN_AGAIN),
            UserError::NotFound => Self::not_found(error.to_string()),
            UserError::Database(cause) => cause.into(),
            _ => Self::bad_request(error.to_string()),
        }
    }
}

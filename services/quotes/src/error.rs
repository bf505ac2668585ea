//! What can go wrong with a quote.

use grove_http::ApiError;

/// A request that the service understood and refused, or could not carry out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QuoteError {
    #[error("Missing {0}")]
    Missing(&'static str),
    #[error("{field} may have at most {most} characters")]
    TooLong { field: &'static str, most: usize },
    #[error("{0} has characters that nobody sees")]
    Unseen(&'static str),
    #[error("A quote is posted in one's own name")]
    OtherAuthor,
    #[error("Quote already exists")]
    Duplicate,
    #[error("Quote not found")]
    NotFound,
    #[error("Quote already approved")]
    AlreadyApproved,
    #[error("Vote already cast")]
    AlreadyVoted,
    #[error("Vote not found")]
    NotVoted,
    #[error("Only the quoted person may ask for this")]
    NotQuoted,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<QuoteError> for ApiError {
    fn from(error: QuoteError) -> Self {
        use QuoteError as E;
        let message = error.to_string();
        match error {
            E::Missing(_)
            | E::TooLong { .. }
            | E::Unseen(_)
            | E::Duplicate
            | E::AlreadyApproved => Self::bad_request(message),
            E::OtherAuthor | E::NotQuoted => Self::forbidden(message),
            E::NotFound | E::NotVoted => Self::not_found(message),
            E::AlreadyVoted => Self::conflict(message),
            E::Database(cause) => cause.into(),
        }
    }
}

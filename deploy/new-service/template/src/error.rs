//! What can go wrong with a {{one}}.

use grove_http::ApiError;

/// A request that the service understood and refused, or could not carry out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum {{One}}Error {
    #[error("Missing {0}")]
    Missing(&'static str),
    #[error("{field} may have at most {most} characters")]
    TooLong { field: &'static str, most: usize },
    #[error("{0} has characters that cannot be shown")]
    Unprintable(&'static str),
    #[error("{{One}} not found")]
    NotFound,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<{{One}}Error> for ApiError {
    fn from(error: {{One}}Error) -> Self {
        use {{One}}Error as E;
        let message = error.to_string();
        match error {
            E::Missing(field) | E::TooLong { field, .. } | E::Unprintable(field) => {
                Self::bad_request(message).with("field", field)
            }
            E::NotFound => Self::not_found(message),
            E::Database(cause) => cause.into(),
        }
    }
}

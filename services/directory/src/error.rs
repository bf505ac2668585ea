//! What can go wrong with the directory.

use grove_http::ApiError;
use grove_shared::{CallError, NetId};

/// A request that the service understood and refused, or could not carry out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DirectoryError {
    #[error("Could not parse JSON")]
    NotJson,
    #[error("Missing netid")]
    MissingNetId,
    #[error("A valid netid must be entered")]
    InvalidNetId,
    #[error("The directory has no entry for {0}")]
    NoEntry(NetId),
    #[error("The directory has several entries for {0}")]
    SeveralEntries(NetId),
    #[error("No directory is configured")]
    NotConfigured,
    #[error("There is no report yet")]
    NoReport,
    #[error("The directory does not answer, please try again")]
    Unavailable(#[source] anyhow::Error),
    #[error(transparent)]
    Users(#[from] CallError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl DirectoryError {
    /// What officers are told, with the cause.
    pub(crate) fn reason(&self) -> String {
        match self {
            // The errors of the LDAP client repeat their causes.
            Self::Unavailable(cause) => cause.to_string(),
            other => other.to_string(),
        }
    }
}

impl From<ldap3::LdapError> for DirectoryError {
    fn from(cause: ldap3::LdapError) -> Self {
        Self::Unavailable(cause.into())
    }
}

impl From<DirectoryError> for ApiError {
    fn from(error: DirectoryError) -> Self {
        let message = error.to_string();
        match error {
            DirectoryError::NotJson
            | DirectoryError::MissingNetId
            | DirectoryError::InvalidNetId => Self::bad_request(message),
            DirectoryError::NoReport => Self::not_found(message),
            // Whoever asks again gets the same: somebody has to look.
            DirectoryError::NoEntry(_)
            | DirectoryError::SeveralEntries(_)
            | DirectoryError::NotConfigured => Self::conflict(message),
            DirectoryError::Unavailable(cause) => Self::unavailable(message).because(cause),
            DirectoryError::Users(cause) => cause.into(),
            DirectoryError::Database(cause) => cause.into(),
        }
    }
}

//! A message to one recipient, and why it may not go out.

use std::time::Duration;

/// A message to one recipient.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    /// Names the message on every try, so that receivers know it again.
    pub(crate) key: String,
    pub(crate) recipient: String,
    pub(crate) sender: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) text: String,
    pub(crate) html: Option<String>,
    /// Where the recipient switches such messages off.
    pub(crate) unsubscribe: Option<String>,
    /// Whether it was tried before.
    pub(crate) is_repetition: bool,
}

/// Why a message did not go out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// It never will.
    #[error("{0}")]
    Refused(String),
    /// This one may later.
    #[error("{0}")]
    Deferred(String),
    /// The channel carries nothing now.
    #[error("{0}")]
    Unavailable(String),
    /// The channel wants to be left alone for a while.
    #[error("asked to wait {} s", .0.as_secs())]
    Wait(Duration),
}

//! Quotes on the wire.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A quote as one member sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Identifies the quote.
    pub id: u64,
    /// What was said, without quotation marks.
    pub text: String,
    /// The member who posted it.
    pub author: String,
    /// Who said it: a NetID or a name.
    pub source: String,
    /// How many members voted for it.
    pub votes: i64,
    /// Whether an officer approved it.
    pub approved: bool,
    /// Whether the quoted person asked for its removal.
    pub takedown_requested: bool,
    /// Whether the member who asks voted for it.
    pub upvoted: bool,
    /// When it was posted, in UTC, as the old site shows it: `09/04/17 09:33:41 AM`.
    pub created_at: String,
    /// When it was posted.
    pub created: DateTime<Utc>,
}

/// A quote to post.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct NewQuote {
    /// The member who posts it: the caller.
    pub author: Option<String>,
    /// Who said it.
    pub source: Option<String>,
    /// What was said.
    pub text: Option<String>,
}

//! Which messages a member gets.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which messages somebody gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Preferences {
    /// Each kind on each channel.
    pub preferences: Vec<Preference>,
}

/// Whether somebody gets a kind of message on a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Preference {
    /// The kind.
    #[schema(example = "announcements")]
    pub kind: String,
    /// The channel.
    #[schema(example = "email")]
    pub channel: String,
    /// Whether they get it.
    pub enabled: bool,
    /// Whether that cannot be changed.
    pub mandatory: bool,
}

/// What somebody changes; what is not named stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PreferenceChanges {
    /// The changes, which all happen or none.
    pub preferences: Vec<PreferenceChange>,
}

/// Whether somebody gets a kind of message on a channel from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PreferenceChange {
    /// The kind: one that is not mandatory, unless it is switched on.
    #[schema(
        pattern = "^(account|membership|announcements|credits|gigs|merch)$",
        example = "announcements"
    )]
    pub kind: String,
    /// The channel.
    #[schema(pattern = "^email$", example = "email")]
    pub channel: String,
    /// Whether they get it.
    pub enabled: bool,
}

/// A kind of message that was switched off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unsubscribed {
    /// The kind.
    #[schema(example = "announcements")]
    pub kind: String,
    /// Says so.
    pub message: String,
}

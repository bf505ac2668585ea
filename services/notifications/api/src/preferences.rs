//! Which messages a member gets.

use serde::{Deserialize, Serialize};

/// Which messages somebody gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preferences {
    /// Each kind on each channel.
    pub preferences: Vec<Preference>,
}

/// Whether somebody gets a kind of message on a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preference {
    /// The kind.
    pub kind: String,
    /// The channel.
    pub channel: String,
    /// Whether they get it.
    pub enabled: bool,
    /// Whether that cannot be changed.
    pub mandatory: bool,
}

/// What somebody changes; what is not named stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreferenceChanges {
    /// The changes, which all happen or none.
    pub preferences: Vec<PreferenceChange>,
}

/// Whether somebody gets a kind of message on a channel from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreferenceChange {
    /// The kind.
    pub kind: String,
    /// The channel.
    pub channel: String,
    /// Whether they get it.
    pub enabled: bool,
}

/// A kind of message that was switched off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsubscribed {
    /// The kind.
    pub kind: String,
    /// Says so.
    pub message: String,
}

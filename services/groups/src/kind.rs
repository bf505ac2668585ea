//! SIGs and committees.

use std::{fmt, str::FromStr};

/// The kinds of groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Special interest groups.
    Sigs,
    /// Committees, among them those of the officers.
    Committees,
}

/// The text was no kind of groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("groupType does not exist, must be sig or committee")]
pub struct UnknownKind;

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Sigs, Self::Committees];

    /// The kind's name in paths: `sigs` or `committees`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sigs => "sigs",
            Self::Committees => "committees",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownKind)
    }
}

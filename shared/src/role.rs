//! The officers' roles, as the groups service knows them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A committee whose members are officers of the chapter.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Runs the infrastructure.
    Admin,
    /// Chair, vice chair, treasurer, secretary.
    Top4,
    /// Relations with companies.
    Corporate,
}

impl Role {
    /// Every officer role.
    pub const ALL: [Self; 3] = [Self::Admin, Self::Top4, Self::Corporate];

    /// The committee's short name: `admin`, `top4` or `corporate`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Top4 => "top4",
            Self::Corporate => "corporate",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| {
            format!("{text:?} is no officer role; there are admin, top4 and corporate")
        })
    }
}

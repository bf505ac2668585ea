//! Where a person is on the way to membership, as it counts in the whole of Grove.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether a signed-in person is a member of the chapter today.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Joined, and has not paid yet; or has an account alone.
    Applicant,
    /// Is a member today.
    Member,
    /// Was a member, and has not renewed.
    Expired,
}

impl Standing {
    /// What to tell someone who asks for what is for members; nothing when they are one.
    pub fn refusal(self) -> Option<&'static str> {
        match self {
            Self::Applicant => Some("This is for members: pay the dues first"),
            Self::Expired => Some("This is for members: your membership has ended, renew it first"),
            Self::Member => None,
        }
    }
}

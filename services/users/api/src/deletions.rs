//! People who are being removed, or were, and what a person has the chapter tell of them.

use chrono::{DateTime, Utc};
use grove_shared::{
    Call, NetId,
    page::{Page, PageRequest},
    personal_data::Forgotten,
};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use utoipa::ToSchema;

use crate::SERVICE;

/// A page of the deletions of the last 400 days, the newest first. For admin and top4.
pub fn deletions(PageRequest { after, limit }: PageRequest) -> Call<Page<Deletion>> {
    Call::get(SERVICE, "/users/deletions", &[]).query("after", after).query("limit", limit)
}

/// Everything that any service keeps of the caller, as a ZIP file. For whoever is signed in.
pub fn my_data() -> Call<IgnoredAny> {
    Call::get(SERVICE, "/users/me/data", &[])
}

/// Someone who was deleted. It ends when every service has forgotten them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Deletion {
    /// Identifies the deletion.
    pub id: u64,
    /// Who was deleted.
    pub netid: NetId,
    /// The officer who did it; null when they were deleted since.
    pub deleted_by: Option<NetId>,
    /// When that was.
    pub deleted_at: DateTime<Utc>,
    /// When it ended; null when it has not. Until then nobody joins under this name.
    pub ended_at: Option<DateTime<Utc>>,
    /// Each service that has something of people, by name.
    pub steps: Vec<DeletionStep>,
}

/// How far a deletion is in one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeletionStep {
    /// The service.
    #[schema(example = "quotes")]
    pub service: String,
    /// When it had forgotten the person; null when it has not confirmed that.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// What it removed and what stays; null when that is not known.
    pub forgotten: Option<Forgotten>,
}

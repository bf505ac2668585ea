//! {{Name}} on the wire: the contract of the {{name}} service.
//!
//! Whoever calls the service uses this crate: the website, other services, tests. It has the types and
//! one function for each call, and nothing that decides anything.

use chrono::{DateTime, Utc};
use grove_shared::{
    Call, Service,
    page::{Page, PageRequest},
};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use utoipa::ToSchema;

/// The service of {{name}}.
pub const SERVICE: Service = Service { name: "{{name}}", port: {{port}} };

/// A page of the list, the newest first. For members.
pub fn list(PageRequest { after, limit }: PageRequest) -> Call<Page<{{One}}>> {
    Call::get(SERVICE, "/{{name}}", &[]).query("after", after).query("limit", limit)
}

/// Adds a {{one}} of the caller. For members.
pub fn create(new: &New{{One}}) -> Call<{{One}}> {
    Call::post(SERVICE, "/{{name}}", &[]).json(new)
}

/// Deletes a {{one}}. For officers.
pub fn delete(id: u64) -> Call<IgnoredAny> {
    Call::delete(SERVICE, "/{{name}}/{id}", &[&id])
}

/// What a member added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct {{One}} {
    /// Identifies it.
    pub id: u64,
    /// What it is called.
    #[schema(example = "A title")]
    pub title: String,
    /// The NetID of who added it.
    pub author: String,
    /// When it was added.
    pub created_at: DateTime<Utc>,
}

/// What a member wants to add.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct New{{One}} {
    /// What to call it.
    #[schema(min_length = 1, max_length = 200, example = "A title")]
    pub title: String,
}

//! Quotes on the wire: the contract of the quotes service.

use chrono::{DateTime, Utc};
use grove_shared::{
    Call, Service,
    envelope::Message,
    page::{Page, PageRequest},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The service of quotes and votes.
pub const SERVICE: Service = Service { name: "quotes", port: 9494 };

/// Every quote that the caller may see: unapproved ones first, then the newest. For whoever is signed in.
pub fn list() -> Call<Vec<Quote>> {
    Call::get(SERVICE, "/quotes", &[]).enveloped()
}

/// A page of the quotes that the caller may see, the newest first. For whoever is signed in.
pub fn page(PageRequest { after, limit }: PageRequest) -> Call<Page<Quote>> {
    let limit = limit.unwrap_or_default();
    Call::get(SERVICE, "/quotes", &[]).query("after", after).query("limit", Some(limit))
}

/// How many quotes are shown, and how many wait. For officers.
pub fn counts() -> Call<Counts> {
    Call::get(SERVICE, "/quotes/counts", &[])
}

/// One quote. For whoever is signed in and may see it.
pub fn find(id: u64) -> Call<Quote> {
    Call::get(SERVICE, "/quotes/{id}", &[&id]).enveloped()
}

/// Posts a quote, which waits for an officer. For members.
pub fn create(new: &NewQuote) -> Call<Message> {
    Call::post(SERVICE, "/quotes", &[]).json(new)
}

/// Approves a quote; gives the list. For officers.
pub fn approve(id: u64) -> Call<Vec<Quote>> {
    Call::put(SERVICE, "/quotes/{id}/approve", &[&id]).enveloped()
}

/// Deletes a quote; gives the list. For officers.
pub fn delete(id: u64) -> Call<Vec<Quote>> {
    Call::delete(SERVICE, "/quotes/{id}", &[&id]).enveloped()
}

/// Hides a quote until an officer has decided on it again. For each person who is quoted.
pub fn take_down(id: u64) -> Call<Message> {
    Call::post(SERVICE, "/quotes/{id}/takedown", &[&id])
}

/// Votes for a quote. For members.
pub fn vote(id: u64) -> Call<Message> {
    Call::post(SERVICE, "/quotes/{id}/vote", &[&id])
}

/// Takes the caller's vote back. For whoever is signed in.
pub fn unvote(id: u64) -> Call<Message> {
    Call::delete(SERVICE, "/quotes/{id}/vote", &[&id])
}

/// A quote as one member sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Quote {
    /// Identifies the quote.
    pub id: u64,
    /// What was said, without quotation marks.
    pub text: String,
    /// The member who posted it.
    pub author: String,
    /// Who said it: a NetID or a name, or several, separated by commas.
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

/// How many quotes there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counts {
    /// Are shown to every member.
    pub approved: u64,
    /// Wait for an officer.
    pub waiting: u64,
}

/// A quote to post.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct NewQuote {
    /// The member who posts it: the caller.
    #[schema(example = "jsmith2")]
    pub author: Option<String>,
    /// Who said it: a NetID or a name, or several, separated by commas.
    #[schema(max_length = 500, example = "Prof. Ada")]
    pub source: Option<String>,
    /// What was said.
    #[schema(max_length = 2000, example = "It works on my machine.")]
    pub text: Option<String>,
}

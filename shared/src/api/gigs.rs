//! Gigs and the claims on them, on the wire. Rewards are integer credits.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A job that a member offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gig {
    /// Identifies the gig.
    pub id: u64,
    /// The member who offers it.
    pub issuer: String,
    /// What it is, in a line.
    pub title: String,
    /// What is to be done.
    pub details: String,
    /// What it is worth.
    pub credits: i64,
    /// Whether it can be claimed.
    pub active: bool,
    /// Whether the chapter pays, not the issuer; only there when it does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub admin_task: bool,
    /// Where the gig and its reward are.
    pub state: GigState,
    /// When it was posted.
    pub created_at: DateTime<Utc>,
}

/// Where a gig and its reward are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GigState {
    /// The reward is being taken from the issuer; nobody can claim the gig until it is.
    Reserving,
    /// Can be claimed; the reward is set aside.
    Open,
    /// A claim was accepted; the reward is on its way to the claimant.
    Paying,
    /// The claimant has the reward.
    Paid,
    /// Was closed; the reward goes back to the issuer.
    Closed,
}

/// A page of gigs, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GigPage {
    /// The gigs of the page.
    pub gigs: Vec<Gig>,
    /// Which page this is, from 1.
    pub page: i64,
    /// How many pages there are; 0 when there are no gigs.
    pub num_pages: i64,
    /// The page after this one.
    pub next_page: Option<i64>,
    /// The page before this one.
    pub prev_page: Option<i64>,
}

/// A gig to post.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct NewGig {
    /// The member who offers it: the caller.
    pub issuer: Option<String>,
    /// 1 to 100 characters.
    pub title: Option<String>,
    /// Up to 150 characters.
    pub details: Option<String>,
    /// At least 1; a number, or text that is one.
    #[serde(default)]
    pub credits: Value,
    /// Whether the chapter pays; true or false, or one of these words.
    #[serde(default)]
    pub admin_task: Value,
}

/// What is to be different about a gig. What is missing, null, empty or zero stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct GigChange {
    /// As in [`NewGig`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// As in [`NewGig`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// As in [`NewGig`].
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub credits: Value,
    /// As in [`NewGig`].
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub admin_task: Value,
    /// False closes the gig.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub active: Value,
}

/// Someone's wish to do a gig.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Identifies the claim.
    pub id: u64,
    /// The gig.
    pub gig_id: u64,
    /// Who wants to do it.
    pub claimant: String,
    /// The issuer of the gig.
    pub issuer: String,
    /// Whether the claim was accepted.
    pub fulfilled: bool,
    /// What became of it.
    pub state: ClaimState,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "db", derive(sqlx::Type), sqlx(rename_all = "snake_case"))]
pub enum ClaimState {
    /// Nobody decided on it yet.
    Pending,
    /// The claimant did the gig and is paid.
    Accepted,
    /// The issuer declined it, or the gig was closed or given to another.
    Rejected,
    /// The claimant took it back.
    Withdrawn,
}

/// A claim to make.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct NewClaim {
    /// Who wants to do the gig: the caller.
    pub claimant: Option<String>,
    /// The gig; a number, or text that is one.
    #[serde(default)]
    pub gig_id: Value,
}

/// That something was done, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The sentence.
    pub message: String,
}

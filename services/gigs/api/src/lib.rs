//! Gigs and the claims on them, on the wire: the contract of the gigs service. Rewards are integer
//! credits.

use chrono::{DateTime, Utc};
use grove_shared::{
    Call, NetId, Service,
    lenient::Lenient,
    page::{Page, PageRequest},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The service of gigs and claims.
pub const SERVICE: Service = Service { name: "gigs", port: 8964 };

/// A numbered page of the gigs that `filter` leaves. For every application.
pub fn list(filter: &GigFilter) -> Call<GigPage> {
    Call::get(SERVICE, "/gigs", &[])
        .query("page", filter.page)
        .query("issuer", filter.issuer.as_deref())
        .query("active", filter.active)
        .query("claimed_by", filter.claimed_by.as_deref())
}

/// One gig. For every application.
pub fn find(id: u64) -> Call<Gig> {
    Call::get(SERVICE, "/gigs/{id}", &[&id])
}

/// Posts a gig of the caller, once for each key: its reward is set aside first, and 402 says that credits
/// are short. For members.
pub fn create(new: &NewGig) -> Call<Gig> {
    Call::post(SERVICE, "/gigs", &[]).json(new)
}

/// Changes a gig on which nobody has a claim. For its issuer.
pub fn update(id: u64, change: &GigChange) -> Call<Gig> {
    Call::put(SERVICE, "/gigs/{id}", &[&id]).json(change)
}

/// Closes a gig: its reward goes back. For its issuer, and for officers if the chapter pays.
pub fn close(id: u64) -> Call<Gig> {
    update(id, &GigChange { active: false.into(), ..GigChange::default() })
}

/// Closes and hides a gig. For its issuer and officers.
pub fn delete(id: u64) -> Call<Done> {
    Call::delete(SERVICE, "/gigs/{id}", &[&id])
}

/// At most 1000 of the claims that `filter` leaves and the caller may see, the newest first. For every
/// application.
pub fn claims(filter: &ClaimFilter) -> Call<Vec<Claim>> {
    filtered(filter)
}

/// A page of the same claims.
pub fn claims_page(
    filter: &ClaimFilter,
    PageRequest { after, limit }: PageRequest,
) -> Call<Page<Claim>> {
    filtered(filter).query("after", after).query("limit", Some(limit.unwrap_or_default()))
}

fn filtered<T: serde::de::DeserializeOwned>(filter: &ClaimFilter) -> Call<T> {
    Call::get(SERVICE, "/gigs/claims", &[])
        .query("gig_id", filter.gig_id)
        .query("claimant", filter.claimant.as_deref())
        .query("state", filter.state.as_deref())
}

/// One claim. For every application, if it may be seen.
pub fn find_claim(id: u64) -> Call<Claim> {
    Call::get(SERVICE, "/gigs/claims/{id}", &[&id])
}

/// Claims a gig. For members who have an account for credits.
pub fn create_claim(new: &NewClaim) -> Call<Claim> {
    Call::post(SERVICE, "/gigs/claims", &[]).json(new)
}

/// Accepts a claim: the claimant is paid, and the other claims are rejected. For the issuer of the gig, and
/// for officers if the chapter pays.
pub fn accept_claim(id: u64) -> Call<Done> {
    Call::put(SERVICE, "/gigs/claims/{id}", &[&id])
}

/// Withdraws the caller's own claim, or rejects another's. For the issuer of the gig, the claimant and
/// officers.
pub fn end_claim(id: u64) -> Call<Done> {
    Call::delete(SERVICE, "/gigs/claims/{id}", &[&id])
}

/// Which gigs are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GigFilter {
    /// The number of the page, from 1.
    pub page: Option<u32>,
    /// Those that this member offers.
    pub issuer: Option<String>,
    /// Those that can be claimed, or those that cannot.
    pub active: Option<bool>,
    /// Those on which this member has a claim.
    pub claimed_by: Option<String>,
}

/// Which claims are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClaimFilter {
    /// Those on this gig.
    pub gig_id: Option<u64>,
    /// Those of this member.
    pub claimant: Option<String>,
    /// Names of states, separated by commas; without it, those that are pending or accepted.
    pub state: Option<String>,
}

/// A job that a member offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Gig {
    /// Identifies the gig.
    pub id: u64,
    /// The member who offers it; `a former member` when they are forgotten.
    #[schema(example = "jsmith2")]
    pub issuer: String,
    /// What it is, in a line.
    #[schema(example = "Paint the fence")]
    pub title: String,
    /// What is to be done.
    #[schema(example = "Bring gloves.")]
    pub details: String,
    /// What it is worth.
    #[schema(minimum = 1, example = 300)]
    pub credits: i64,
    /// Whether it can be claimed.
    pub active: bool,
    /// Whether the chapter pays, not the issuer; only there when it does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub admin_task: bool,
    /// Where the gig and its reward are.
    pub state: GigState,
    /// Whether the payment did not go through, and waits for an officer; only there when it does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub payment_failed: bool,
    /// When it was posted.
    pub created_at: DateTime<Utc>,
}

/// Where a gig and its reward are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct NewGig {
    /// The member who offers it: the caller.
    #[schema(value_type = NetId)]
    pub issuer: Option<String>,
    /// 1 to 100 characters, in a line.
    #[schema(value_type = String, min_length = 1, max_length = 100, example = "Paint the fence")]
    pub title: Option<String>,
    /// Up to 150 characters.
    #[schema(max_length = 150, example = "Bring gloves.")]
    pub details: Option<String>,
    /// What it is worth. Old clients send text.
    #[schema(value_type = i64, minimum = 1, maximum = 1_000_000, example = 300)]
    pub credits: Lenient,
    /// Whether the chapter pays; then the issuer has to be an officer. Old clients send text.
    #[schema(value_type = Option<bool>, example = false)]
    pub admin_task: Lenient,
}

/// What is to be different about a gig. What is missing, null, empty or zero stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct GigChange {
    /// Up to 100 characters, in a line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100, example = "Paint the shed")]
    pub title: Option<String>,
    /// Up to 150 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 150, example = "Bring gloves.")]
    pub details: Option<String>,
    /// What it is worth.
    #[serde(skip_serializing_if = "Lenient::is_missing")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000, example = 250)]
    pub credits: Lenient,
    /// Who pays cannot be changed, so true is right only where the chapter does.
    #[serde(skip_serializing_if = "Lenient::is_missing")]
    #[schema(value_type = Option<bool>, example = false)]
    pub admin_task: Lenient,
    /// False closes the gig, and goes with no other change.
    #[serde(skip_serializing_if = "Lenient::is_missing")]
    #[schema(value_type = Option<bool>, example = true)]
    pub active: Lenient,
}

/// Someone's offer to do a gig.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Claim {
    /// Identifies the claim.
    pub id: u64,
    /// The gig.
    pub gig_id: u64,
    /// Who wants to do it; `a former member` when they are forgotten, as the issuer.
    #[schema(example = "mdoe3")]
    pub claimant: String,
    /// The issuer of the gig.
    #[schema(example = "jsmith2")]
    pub issuer: String,
    /// Whether the claim was accepted.
    pub fulfilled: bool,
    /// What became of it.
    pub state: ClaimState,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
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
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct NewClaim {
    /// Who wants to do the gig: the caller.
    #[schema(value_type = NetId)]
    pub claimant: Option<String>,
    /// The gig. Old clients send text.
    #[schema(value_type = u64, example = 7)]
    pub gig_id: Lenient,
}

/// That something was done, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Done {
    /// The sentence.
    #[schema(example = "Fulfilled claim 7")]
    pub message: String,
}

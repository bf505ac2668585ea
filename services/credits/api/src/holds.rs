//! Credits that are set aside: held, and then captured, released or expired.

use chrono::{DateTime, Utc};
use grove_shared::{
    Call, NetId,
    envelope::Message,
    page::{Page, PageRequest},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Party, SERVICE};

/// Sets credits of a member aside; 402 when there are not enough, 404 when there is no such member. For
/// merch, with a key: the same again is the first answer again, whatever became of the hold.
pub fn hold(new: &NewHold) -> Call<Hold> {
    Call::post(SERVICE, "/internal/holds", &[]).json(new)
}

/// One hold of the calling service. For merch.
pub fn find_hold(id: u64) -> Call<Hold> {
    Call::get(SERVICE, "/internal/holds/{id}", &[&id])
}

/// Pays what is held, once however often it is asked; 409 when it was released, 410 when the hold expired.
/// For merch.
pub fn capture(id: u64, to: Party) -> Call<Hold> {
    Call::post(SERVICE, "/internal/holds/{id}/capture", &[&id]).json(&Capture { to })
}

/// Gives back what is held, once however often it is asked; 409 when it was captured. What has expired was
/// given back. For merch.
pub fn release(id: u64) -> Call<Hold> {
    Call::post(SERVICE, "/internal/holds/{id}/release", &[&id])
}

/// A page of the holds of every service that are not settled, the oldest first. For admins.
pub fn open_holds(PageRequest { after, limit }: PageRequest) -> Call<Page<OpenHold>> {
    let limit = limit.unwrap_or_default();
    Call::get(SERVICE, "/credits/holds", &[]).query("after", after).query("limit", Some(limit))
}

/// Gives back what any service holds; 409 when it was captured. For admins.
pub fn release_hold(id: u64) -> Call<Message> {
    Call::post(SERVICE, "/credits/holds/{id}/release", &[&id])
}

/// A request of a service: credits of a member are set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewHold {
    /// Whose credits.
    pub netid: NetId,
    /// How much, at least 1.
    pub amount: i64,
    /// What for, up to 200 characters.
    pub description: String,
    /// After so many seconds the credits are given back, unless they were captured: up to 30 days, 7 if
    /// nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u32>,
}

/// Credits of a member that are set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hold {
    /// Identifies the hold.
    pub id: u64,
    /// Whose credits; null when it was somebody who was forgotten.
    pub netid: Option<NetId>,
    /// How much.
    pub amount: i64,
    /// What for.
    pub description: String,
    /// What became of it.
    pub state: HoldState,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it expires; null in an answer from before holds expired.
    pub expires_at: Option<DateTime<Utc>>,
}

/// What became of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HoldState {
    /// The credits are set aside.
    Held,
    /// They were paid out.
    Captured,
    /// They were given back.
    Released,
    /// They were given back because nobody had asked for them in time.
    Expired,
}

/// Where the credits of a hold go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// Who gets them.
    pub to: Party,
}

/// A hold that is not settled, as officers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenHold {
    /// The hold.
    #[serde(flatten)]
    pub hold: Hold,
    /// Which service set the credits aside.
    pub service: String,
}

//! Purchases, and what became of them.

use chrono::{DateTime, NaiveDate, Utc};
use grove_shared::{Call, lenient::Lenient, page::PageRequest};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Customer, Item, SERVICE};

/// Buys at a kiosk with a PIN, and waits up to 6 seconds for the machine; with a key, once for each. 202
/// when it takes longer, 409 when something did not fall out. For kiosks.
pub fn sell(new: &NewTransaction) -> Call<Transaction> {
    Call::post(SERVICE, "/merch/transactions", &[]).json(new).enveloped()
}

/// Buys as the caller, once for each key, and waits up to 6 seconds for the machine. For members.
pub fn buy(new: &NewPurchase) -> Call<Purchase> {
    Call::post(SERVICE, "/merch/purchases", &[]).json(new)
}

/// A page of at most 100 purchases, the newest first: of one person, or without a NetID the caller's own; for admins and
/// top4 of everyone.
pub fn purchases(
    netid: Option<&str>,
    PageRequest { after, limit }: PageRequest,
) -> Call<Purchases> {
    Call::get(SERVICE, "/merch/purchases", &[])
        .query("netid", netid)
        .query("after", after)
        .query("limit", limit)
}

/// One purchase. For its buyer, admins and top4.
pub fn purchase(id: u64) -> Call<Purchase> {
    Call::get(SERVICE, "/merch/purchases/{id}", &[&id])
}

/// Records what became of a thing whose outcome is not known. For admins and top4.
pub fn resolve(purchase: u64, number: u32, outcome: Finding) -> Call<Purchase> {
    let path = "/merch/purchases/{id}/items/{number}/resolve";
    Call::post(SERVICE, path, &[&purchase, &number]).json(&NewResolution { outcome })
}

/// What was sold on each day from `from` to `to`, at most a year; without them, of the last thirty. For
/// admins and top4.
pub fn sales(from: Option<NaiveDate>, to: Option<NaiveDate>) -> Call<Vec<SalesDay>> {
    Call::get(SERVICE, "/merch/sales", &[]).query("from", from).query("to", to)
}

/// A request to buy at a kiosk.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct NewTransaction {
    /// Ids of items; one that is wanted twice is there twice. Old clients send text.
    #[schema(value_type = Vec<u64>, min_items = 1, max_items = 10, example = json!([1, 1, 2]))]
    pub items: Lenient,
    /// The PIN of who buys. Old clients send a number.
    #[schema(value_type = String, pattern = "^[0-9]{8}$", example = "12345678")]
    pub pin: Lenient,
}

/// A purchase as old kiosks see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Transaction {
    /// Identifies the purchase.
    pub id: u64,
    /// Who bought.
    pub user: Customer,
    /// What was bought, at the prices of the purchase; twice when it was bought twice.
    pub items: Vec<Item>,
    /// The sum of what is charged or may still be.
    pub cost: u64,
    /// The day of the purchase.
    pub created_on: NaiveDate,
    /// Where the purchase is.
    pub state: PurchaseState,
    /// What became of each item.
    pub outcomes: Vec<PurchaseItem>,
}

/// A request to buy as the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewPurchase {
    /// Ids of items; one that is wanted twice is there twice.
    #[schema(min_items = 1, max_items = 10, example = json!([1, 1, 2]))]
    pub items: Vec<u64>,
}

/// A purchase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Purchase {
    /// Identifies the purchase.
    pub id: u64,
    /// Who bought; `a former member` when they are forgotten.
    #[schema(example = "jsmith2")]
    pub netid: String,
    /// Whether it was bought at a kiosk, with a PIN.
    pub at_kiosk: bool,
    /// Where it is.
    pub state: PurchaseState,
    /// The sum of what is charged or may still be.
    pub cost: u64,
    /// What became of each item.
    pub items: Vec<PurchaseItem>,
    /// When it began.
    pub created_at: DateTime<Utc>,
}

/// Where a purchase is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PurchaseState {
    /// The machine is not done.
    Pending,
    /// Everything fell out.
    Done,
    /// Something did not fall out, or nobody knows whether it did; that is not charged.
    Failed,
}

/// One thing of a purchase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PurchaseItem {
    /// Its number within the purchase, from 1.
    #[schema(minimum = 1)]
    pub number: u32,
    /// The item.
    pub item_id: u64,
    /// What it was called.
    pub name: String,
    /// What it cost.
    pub price: u32,
    /// The slot that it was to fall from.
    #[schema(pattern = "^[A-E][1-9]$", example = "A1")]
    pub location: String,
    /// What became of it.
    pub outcome: ItemOutcome,
    /// Whether its price was paid.
    pub charged: bool,
    /// Why it did not fall out.
    pub reason: Option<String>,
    /// What an officer found out about an unknown outcome.
    pub resolution: Option<Resolution>,
}

/// What became of one thing of a purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ItemOutcome {
    /// The machine is not done.
    Pending,
    /// It fell out.
    Vended,
    /// It did not; the buyer has the credits back.
    Refunded,
    /// The machine did not say; the buyer has the credits back, an officer has to look.
    Unknown,
}

/// A finding about an item whose outcome was not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Resolution {
    /// What happened.
    pub outcome: Finding,
    /// Who found out; `a former member` when they are forgotten.
    #[schema(example = "admin2")]
    pub officer: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// What an officer tells about an item whose outcome was not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewResolution {
    /// What happened.
    pub outcome: Finding,
}

/// What happened to an item whose outcome was not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// It fell out; the stock is one less.
    Vended,
    /// It did not; the stock is as it was.
    Failed,
}

/// A page of purchases, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Purchases {
    /// The page.
    pub purchases: Vec<Purchase>,
    /// What to send as `after` for the next page; null on the last one.
    pub next: Option<u64>,
}

/// What was sold on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SalesDay {
    /// The day, in the chapter's time zone.
    pub day: NaiveDate,
    /// How many things.
    pub count: i64,
    /// For how many credits.
    pub credits: i64,
}

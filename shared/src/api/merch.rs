//! The vending machine on the wire: what lies in it, who buys, and what became of it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// Something that is sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Identifies the item.
    pub id: u64,
    /// What it costs, in credits.
    pub price: u32,
    /// What it is called.
    pub name: String,
    /// The URL of a picture.
    pub image: Option<String>,
    /// Since when it is sold.
    pub created_on: NaiveDate,
    /// The slots that it lies in.
    pub vending: Vec<Location>,
    /// Whether any of them has some left.
    pub in_stock: bool,
    /// How much is left in all slots.
    pub total_stock: u64,
}

/// An item and one of its slots, as an officer enters them. Old clients send the numbers as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewItem {
    /// What it is called, up to 50 characters.
    pub name: String,
    /// What it costs, in credits.
    pub price: u32,
    /// The URL of a picture.
    pub image_url: String,
    /// How much lies in the slot.
    pub quantity: u32,
    /// The slot: A1 to E9.
    pub location: String,
}

/// A slot of the machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// Identifies the slot.
    pub id: u64,
    /// A to E.
    pub row: String,
    /// 1 to 9.
    pub column: u8,
    /// Row and column: A1 to E9.
    pub location: String,
    /// How much lies in it.
    pub quantity: u32,
    /// What lies in it; null when it is given to no item.
    pub item: Option<LocationItem>,
}

/// What lies in a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocationItem {
    /// Identifies the item.
    pub id: u64,
    /// What it is called.
    pub name: String,
    /// What it costs, in credits.
    pub price: u32,
    /// The URL of a picture.
    pub image: Option<String>,
}

/// Someone who buys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Identifies the customer; null before the first PIN or purchase.
    pub id: Option<u64>,
    /// Their login name.
    pub netid: String,
    /// Always null: a PIN is shown once, to its owner.
    pub pin: Option<String>,
    /// Whether they have one.
    pub has_pin: bool,
    /// What they may spend; null when that is not known now.
    pub balance: Option<i64>,
    /// Why the balance is null.
    pub balance_error: Option<String>,
    /// The day of the first PIN or purchase.
    pub created_on: Option<NaiveDate>,
}

/// A PIN, in the only reply that ever shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewPin {
    /// Whose.
    pub netid: String,
    /// Eight digits.
    pub pin: String,
}

/// A purchase as old kiosks see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPurchase {
    /// Ids of items; one that is wanted twice is there twice.
    pub items: Vec<u64>,
}

/// A purchase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purchase {
    /// Identifies the purchase.
    pub id: u64,
    /// Who bought.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurchaseItem {
    /// Its number within the purchase, from 1.
    pub number: u32,
    /// The item.
    pub item_id: u64,
    /// What it was called.
    pub name: String,
    /// What it cost.
    pub price: u32,
    /// The slot that it was to fall from.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// What happened.
    pub outcome: Finding,
    /// Who found out.
    pub officer: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// What an officer tells about an item whose outcome was not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewResolution {
    /// What happened.
    pub outcome: Finding,
}

/// What happened to an item whose outcome was not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// It fell out; the stock is one less.
    Vended,
    /// It did not; the stock is as it was.
    Failed,
}

/// A page of purchases, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purchases {
    /// The page.
    pub purchases: Vec<Purchase>,
    /// What to send as `after` for the next page; null on the last one.
    pub next: Option<u64>,
}

/// What was sold on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SalesDay {
    /// The day, in UTC.
    pub day: NaiveDate,
    /// How many things.
    pub count: i64,
    /// For how many credits.
    pub credits: i64,
}

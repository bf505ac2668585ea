//! One thing on its way from the shelf to the buyer.

use chrono::{DateTime, Utc};
use grove_credits_api::NewHold;
use grove_shared::NetId;

/// Where a unit is. Those before [`State::Done`] have a next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub(crate) enum State {
    /// It is out of stock for others; the credits are to be held.
    Holding,
    /// The credits are held; the machine was asked, or is about to be.
    Vending,
    /// It fell out; the credits are to be taken.
    Dropped,
    /// It did not fall out and is in stock again; the credits are to be given back.
    Failed,
    /// Nobody knows whether it fell out; the credits are to be given back.
    Lost,
    /// It fell out and is paid.
    Done,
    /// It did not fall out and costs nothing.
    Refunded,
    /// Nobody knows whether it fell out; it costs nothing, and an officer has to look.
    Unknown,
}

/// One thing of a purchase.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    pub(crate) id: u64,
    pub(crate) purchase_id: u64,
    pub(crate) position: u32,
    pub(crate) netid: NetId,
    pub(crate) item_id: u64,
    pub(crate) name: String,
    pub(crate) price: u32,
    pub(crate) location: String,
    /// Identifies this unit for the machine and, as the key of its hold, for credits.
    pub(crate) vend_key: String,
    pub(crate) hold_id: Option<u64>,
    pub(crate) state: State,
    pub(crate) reason: Option<String>,
    pub(crate) charged: bool,
    /// Until when the present state is tried.
    pub(crate) deadline_at: Option<DateTime<Utc>>,
    /// When a worker takes it next; nothing when it is settled.
    pub(crate) next_attempt_at: Option<DateTime<Utc>>,
    pub(crate) created_at: DateTime<Utc>,
    /// When it was known whether it fell out, or that nobody knows.
    pub(crate) decided_at: Option<DateTime<Utc>>,
}

impl Unit {
    /// What is to be set aside for it.
    pub(crate) fn hold(&self) -> NewHold {
        NewHold {
            netid: self.netid.clone(),
            amount: self.price.into(),
            description: format!("Merch Transaction: {}", self.name),
            expires_in: None,
        }
    }
}

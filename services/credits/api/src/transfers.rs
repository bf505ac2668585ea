//! Credits that move at once.

use grove_shared::{Call, NetId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Party, SERVICE, Transaction};

/// Gives credits of the caller to another member; 402 when there are not enough. For members, with a key.
pub fn give(new: &NewTransfer) -> Call<Transaction> {
    Call::post(SERVICE, "/credits/transfers", &[]).json(new)
}

/// Changes what someone has. For admins.
pub fn adjust(adjustment: &Adjustment) -> Call<Transaction> {
    Call::post(SERVICE, "/credits/transactions", &[]).json(adjustment)
}

/// Undoes an adjustment, or a gift between members, by a transaction that does the opposite; 409 when it
/// was undone before, or a service booked it. For admins.
pub fn reverse(id: u64, reason: &str) -> Call<Reversal> {
    let reason = Some(reason).filter(|reason| !reason.is_empty());
    Call::delete(SERVICE, "/credits/transactions/{id}", &[&id]).query("reason", reason)
}

/// Moves credits; 402 when there are not enough, 403 when the service may not move them this way, 404 when
/// somebody is no member. For gigs and merch, with a key.
pub fn transfer(new: &InternalTransfer) -> Call<Transaction> {
    Call::post(SERVICE, "/internal/transfers", &[]).json(new)
}

/// Credits that a member gives to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewTransfer {
    /// The NetID of who gets them.
    #[schema(value_type = NetId)]
    pub to: String,
    /// How much. Old clients send it as text.
    #[schema(minimum = 1, maximum = 10_000_000, example = 20)]
    pub amount: i64,
    /// What for, in a line.
    #[schema(required = false, max_length = 200, example = "For the pizza")]
    pub description: String,
}

/// A correction of what a member has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Adjustment {
    /// Whose.
    #[schema(value_type = NetId)]
    pub netid: String,
    /// What is added, or if below zero taken; not zero. Old clients send it as text.
    #[schema(minimum = -10_000_000, maximum = 10_000_000, example = 250)]
    pub amount: i64,
    /// What for, in a line.
    #[schema(required = false, max_length = 200, example = "Won the quiz")]
    pub description: String,
}

/// A transaction that was undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reversal {
    /// The sentence of the old system, which deleted.
    #[schema(example = "Deleted transaction: 7")]
    pub message: String,
    /// The transaction that undoes it.
    pub reversal: u64,
}

/// A request of a service: credits move at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InternalTransfer {
    /// Who gives.
    pub from: Party,
    /// Who gets.
    pub to: Party,
    /// How much, at least 1.
    pub amount: i64,
    /// What for, up to 200 characters, as both see it in their history.
    pub description: String,
}

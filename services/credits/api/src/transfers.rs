//! Credits that move at once.

use grove_shared::Call;
use serde::{Deserialize, Serialize};

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTransfer {
    /// The NetID of who gets them.
    pub to: String,
    /// How much, at least 1.
    pub amount: i64,
    /// What for, up to 200 characters.
    pub description: String,
}

/// A correction of what a member has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjustment {
    /// Whose.
    pub netid: String,
    /// What is added, or if below zero taken.
    pub amount: i64,
    /// What for, up to 200 characters.
    pub description: String,
}

/// A transaction that was undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reversal {
    /// The sentence of the old system, which deleted: `Deleted transaction: 7`.
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

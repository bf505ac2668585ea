//! The ledger on the wire. Amounts are integer credits; one credit is one US cent.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::NetId;

/// Where credits come from and go to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// A member's account.
    Member(NetId),
    /// An account of the chapter.
    System(SystemAccount),
}

/// The accounts of the chapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SystemAccount {
    /// Where credits are made, and where they end; the only account that may be below zero but
    /// [`SystemAccount::CardTopUps`].
    Mint,
    /// Credits that were bought by card.
    CardTopUps,
    /// Rewards of gigs that are not done yet.
    GigEscrow,
    /// What merch was sold for.
    MerchSales,
}

/// A request of a service: credits move at once (`POST /internal/transfers`).
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

/// A request of a service: credits of a member are set aside (`POST /internal/holds`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewHold {
    /// Whose credits.
    pub netid: NetId,
    /// How much, at least 1.
    pub amount: i64,
    /// What for, up to 200 characters.
    pub description: String,
}

/// Credits of a member that are set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Identifies the hold.
    pub id: u64,
    /// Whose credits.
    pub netid: NetId,
    /// How much.
    pub amount: i64,
    /// What for.
    pub description: String,
    /// What became of it.
    pub state: HoldState,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// What became of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldState {
    /// The credits are set aside.
    Held,
    /// They were paid out (`POST /internal/holds/{id}/capture`).
    Captured,
    /// They were given back (`POST /internal/holds/{id}/release`).
    Released,
}

/// Where the credits of a hold go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// Who gets them.
    pub to: Party,
}

/// What a person has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// Whose.
    pub netid: NetId,
    /// The sum of all entries.
    pub balance: i64,
    /// What is set aside of it.
    pub held: i64,
    /// What may be spent: the balance less what is held.
    pub available: i64,
}

/// One line of a member's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// Identifies the transaction.
    pub id: u64,
    /// Whose account the amount is for; null for a transaction between accounts of the chapter.
    pub user: Option<String>,
    /// What changed on that account; negative when credits went out.
    pub amount: i64,
    /// What for.
    pub description: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Who caused it: a NetID, or `service:` and a name.
    pub actor: String,
    /// The transaction that this one undoes.
    pub reverses: Option<u64>,
    /// The transaction that undid this one.
    pub reversed_by: Option<u64>,
}

//! Whether the ledger adds up.

use chrono::{DateTime, Utc};
use grove_shared::Call;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::SERVICE;

/// Reads the whole ledger and says what is wrong with it. For admins.
pub fn audit() -> Call<Audit> {
    Call::get(SERVICE, "/credits/audit", &[])
}

/// What the ledger looks like, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Audit {
    /// Whether nothing is wrong.
    pub ok: bool,
    /// How many accounts there are.
    pub accounts: i64,
    /// How many transactions.
    pub transactions: i64,
    /// How many entries.
    pub entries: i64,
    /// How many transactions are sealed.
    pub sealed: u64,
    /// The last seal: written down elsewhere, it proves later that nothing before it has changed.
    pub head: String,
    /// What is wrong, a sentence each.
    pub problems: Vec<String>,
    /// Refunds that could not be taken from the member, and disputes: for an officer to settle. Those of
    /// somebody who was forgotten are nobody's any more.
    pub debts: Vec<Debt>,
}

/// Money that went back, and whose credits did not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Debt {
    /// The payment.
    pub payment: u64,
    /// Who paid.
    #[schema(example = "jsmith2")]
    pub netid: String,
    /// Credits that were spent before the refund.
    pub owed: i64,
    /// When the bank told that the member disputes the payment.
    pub disputed_at: Option<DateTime<Utc>>,
}

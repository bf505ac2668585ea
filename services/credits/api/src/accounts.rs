//! Accounts, and what is on them.

use std::fmt;

use grove_shared::{
    Call, NetId,
    page::{Page, PageRequest},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::SERVICE;

/// What everyone has, by NetID. For admins.
pub fn balances() -> Call<Vec<Balance>> {
    Call::get(SERVICE, "/credits/users", &[])
}

/// A page of what everyone has, in the order of the accounts. For admins.
pub fn balances_page(PageRequest { after, limit }: PageRequest) -> Call<Page<Balance>> {
    let limit = limit.unwrap_or_default();
    Call::get(SERVICE, "/credits/users", &[]).query("after", after).query("limit", Some(limit))
}

/// What someone has. For admins, and the person; 404 for everyone else.
pub fn balance(netid: &str) -> Call<Balance> {
    Call::get(SERVICE, "/credits/users/{netid}", &[&netid])
}

/// What a member has; 404 for someone who is none and has no account. For gigs and merch.
pub fn member_balance(netid: &NetId) -> Call<Balance> {
    Call::get(SERVICE, "/internal/members/{netid}", &[netid])
}

/// Opens the account of somebody who has become a member, with what everyone begins with; changes nothing when
/// it is open. For users.
pub fn open_account(netid: &NetId) -> Call<Balance> {
    let owner = AccountOwner { netid: netid.clone() };
    Call::post(SERVICE, "/internal/accounts", &[]).json(&owner)
}

/// Whose account it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountOwner {
    /// Their login name.
    pub netid: NetId,
}

/// Where credits come from and go to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// A member's account.
    Member(NetId),
    /// An account of the chapter.
    System(SystemAccount),
}

/// The accounts of the chapter.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
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

impl SystemAccount {
    /// Every account of the chapter.
    pub const ALL: [Self; 4] = [Self::Mint, Self::CardTopUps, Self::GigEscrow, Self::MerchSales];

    /// Its name: `mint`, `card_top_ups`, `gig_escrow` or `merch_sales`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mint => "mint",
            Self::CardTopUps => "card_top_ups",
            Self::GigEscrow => "gig_escrow",
            Self::MerchSales => "merch_sales",
        }
    }
}

impl fmt::Display for SystemAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a person has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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

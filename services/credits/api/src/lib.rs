//! The ledger on the wire: the contract of the credits service. Amounts are whole credits; one credit is
//! one US cent.
//!
//! Calls of other services are repeated until there is an answer, so those that move credits take a key
//! ([`Call::once`](grove_shared::Call::once)): `peers.call(hold(&new).once(key))`.

mod accounts;
mod audit;
#[cfg(feature = "fake")]
pub mod contract;
#[cfg(feature = "fake")]
pub mod fake;
mod history;
mod holds;
mod payments;
mod transfers;

use grove_shared::Service;

pub use self::{
    accounts::{
        AccountOwner, Balance, Party, SystemAccount, balance, balances, balances_page,
        member_balance, open_account,
    },
    audit::{Audit, Debt, audit},
    history::{AccountSums, History, HistoryRequest, Transaction, export, history},
    holds::{
        Capture, Hold, HoldState, NewHold, OpenHold, capture, find_hold, hold, open_holds, release,
        release_hold,
    },
    payments::{
        MembershipPrice, NewMembershipPayment, NewTopUp, Payment, PaymentOptions, PaymentState,
        pay_membership, payment, payment_options, top_up,
    },
    transfers::{
        Adjustment, InternalTransfer, NewTransfer, Reversal, adjust, give, reverse, transfer,
    },
};

/// The service of the ledger and of card payments.
pub const SERVICE: Service = Service { name: "credits", port: 8765 };

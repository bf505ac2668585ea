//! Accounts, holds and keys, as the real ledger keeps them.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta};
use grove_http::ApiError;
use grove_shared::NetId;
use http::StatusCode;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    Balance, Hold, HoldState, InternalTransfer, NewHold, Party, SystemAccount, Transaction,
};

/// What a new member has.
const INITIAL: i64 = 500;
/// The most that one request moves.
const MOST: i64 = 10_000_000;
/// How long a hold lasts if nothing is said, and at most, in seconds.
const DAY: u32 = 24 * 60 * 60;
const EXPIRES_IN: u32 = 7 * DAY;
const LONGEST: u32 = 30 * DAY;

#[derive(Debug, Default)]
pub(super) struct Ledger {
    balances: HashMap<Party, i64>,
    /// The holds, each with the service that made it.
    holds: BTreeMap<u64, (String, Hold)>,
    transfers: Vec<InternalTransfer>,
    /// Under the name of a service and its key: what was asked, and the answer.
    replies: HashMap<(String, String), (Value, Value)>,
}

impl Ledger {
    pub(super) fn set(&mut self, party: Party, credits: i64) {
        self.balances.insert(party, credits);
    }

    /// Opens the account of a member, unless it is open.
    pub(super) fn open(&mut self, netid: &NetId) {
        self.balances.entry(Party::Member(netid.clone())).or_insert(INITIAL);
    }

    pub(super) fn balance(&self, party: &Party) -> i64 {
        self.balances.get(party).copied().unwrap_or_default()
    }

    pub(super) fn holds(&self) -> Vec<Hold> {
        self.holds.values().map(|(_, hold)| hold.clone()).collect()
    }

    pub(super) fn hold_of_key(&self, key: &str) -> Option<Hold> {
        let mut replies = self.replies.iter();
        let (_, (_, reply)) = replies.find(|((_, of), _)| of == key)?;
        self.holds.get(&reply["id"].as_u64()?).map(|(_, hold)| hold.clone())
    }

    pub(super) fn expire(&mut self, id: u64) {
        if let Some((_, hold)) = self.holds.get_mut(&id)
            && hold.state == HoldState::Held
        {
            hold.state = HoldState::Expired;
        }
    }

    pub(super) fn transfers(&self) -> &[InternalTransfer] {
        &self.transfers
    }

    pub(super) fn account(&self, netid: &NetId) -> Result<Balance, ApiError> {
        let party = Party::Member(netid.clone());
        let balance = *self.balances.get(&party).ok_or_else(unknown_user)?;
        let held = self.held(netid);
        Ok(Balance { netid: netid.clone(), balance, held, available: balance - held })
    }

    /// Moves credits, once for each key.
    pub(super) fn transfer(
        &mut self,
        service: &str,
        key: &str,
        new: &InternalTransfer,
    ) -> Result<Transaction, ApiError> {
        let InternalTransfer { from, to, amount, description } = new;
        if !is_allowed(service, from, to) {
            return Err(not_allowed());
        }
        check_text(*amount, description)?;
        for party in [from, to] {
            self.check_known(party)?;
        }
        if let Some(reply) = self.earlier(service, key, new)? {
            return Ok(reply);
        }
        self.check_available(from, *amount)?;
        *self.balances.entry(from.clone()).or_default() -= amount;
        *self.balances.entry(to.clone()).or_default() += amount;
        let (user, amount, counterparty) = match (from, to) {
            (Party::Member(giver), _) => (Some(giver.to_string()), -amount, to),
            (_, Party::Member(taker)) => (Some(taker.to_string()), *amount, from),
            _ => (None, *amount, from),
        };
        self.transfers.push(new.clone());
        let done = Transaction {
            id: self.transfers.len() as u64,
            user,
            amount,
            description: description.clone(),
            counterparty: Some(counterparty.clone()),
            created_at: DateTime::UNIX_EPOCH,
            actor: format!("service:{service}"),
            reverses: None,
            reversed_by: None,
        };
        self.keep(service, key, new, &done)?;
        Ok(done)
    }

    /// Sets credits aside, once for each key.
    pub(super) fn hold(
        &mut self,
        service: &str,
        key: &str,
        new: &NewHold,
    ) -> Result<Hold, ApiError> {
        check_text(new.amount, &new.description)?;
        let expires_in = new.expires_in.unwrap_or(EXPIRES_IN);
        if !(1..=LONGEST).contains(&expires_in) {
            return Err(ApiError::bad_request("A hold lasts from a second to 30 days"));
        }
        let party = Party::Member(new.netid.clone());
        self.check_known(&party)?;
        if let Some(reply) = self.earlier(service, key, new)? {
            return Ok(reply);
        }
        self.check_available(&party, new.amount)?;
        let created_at = DateTime::UNIX_EPOCH;
        let hold = Hold {
            id: self.holds.len() as u64 + 1,
            netid: Some(new.netid.clone()),
            amount: new.amount,
            description: new.description.clone(),
            state: HoldState::Held,
            created_at,
            expires_at: Some(created_at + TimeDelta::seconds(expires_in.into())),
        };
        self.holds.insert(hold.id, (service.to_owned(), hold.clone()));
        self.keep(service, key, new, &hold)?;
        Ok(hold)
    }

    pub(super) fn find_hold(&self, service: &str, id: u64) -> Result<Hold, ApiError> {
        let hold = self.holds.get(&id).filter(|(owner, _)| owner == service);
        hold.map(|(_, hold)| hold.clone()).ok_or_else(|| ApiError::not_found("Unknown hold"))
    }

    pub(super) fn capture(&mut self, service: &str, id: u64, to: &Party) -> Result<Hold, ApiError> {
        if *to != Party::System(SystemAccount::MerchSales) {
            return Err(not_allowed());
        }
        let hold = self.find_hold(service, id)?;
        match hold.state {
            HoldState::Captured => return Ok(hold),
            HoldState::Released => return Err(settled("released")),
            HoldState::Expired => {
                return Err(ApiError::new(StatusCode::GONE, "The hold has expired"));
            }
            HoldState::Held => {}
        }
        if let Some(netid) = hold.netid.clone() {
            *self.balances.entry(Party::Member(netid)).or_default() -= hold.amount;
        }
        *self.balances.entry(to.clone()).or_default() += hold.amount;
        Ok(self.settle(hold, HoldState::Captured))
    }

    pub(super) fn release(&mut self, service: &str, id: u64) -> Result<Hold, ApiError> {
        let hold = self.find_hold(service, id)?;
        match hold.state {
            HoldState::Released | HoldState::Expired => Ok(hold),
            HoldState::Captured => Err(settled("captured")),
            HoldState::Held => Ok(self.settle(hold, HoldState::Released)),
        }
    }

    fn settle(&mut self, hold: Hold, state: HoldState) -> Hold {
        let hold = Hold { state, ..hold };
        if let Some((_, kept)) = self.holds.get_mut(&hold.id) {
            *kept = hold.clone();
        }
        hold
    }

    fn held(&self, netid: &NetId) -> i64 {
        let holds = self.holds.values().map(|(_, hold)| hold);
        let of = |hold: &&Hold| hold.netid.as_ref() == Some(netid);
        let open = holds.filter(|hold| hold.state == HoldState::Held).filter(of);
        open.map(|hold| hold.amount).sum()
    }

    fn check_known(&self, party: &Party) -> Result<(), ApiError> {
        match party {
            Party::Member(_) if !self.balances.contains_key(party) => Err(unknown_user()),
            Party::Member(_) | Party::System(_) => Ok(()),
        }
    }

    fn check_available(&self, party: &Party, needed: i64) -> Result<(), ApiError> {
        let held = match party {
            Party::System(SystemAccount::Mint | SystemAccount::CardTopUps) => return Ok(()),
            Party::System(_) => 0,
            Party::Member(netid) => self.held(netid),
        };
        let available = self.balance(party) - held;
        if needed <= available {
            return Ok(());
        }
        let message = format!("This needs {needed} credits, and {available} are available");
        Err(ApiError::new(StatusCode::PAYMENT_REQUIRED, message))
    }

    /// The answer to the same request under the same key.
    fn earlier<T: DeserializeOwned>(
        &self,
        service: &str,
        key: &str,
        request: &impl Serialize,
    ) -> Result<Option<T>, ApiError> {
        let known = self.replies.get(&(service.to_owned(), key.to_owned()));
        let Some((first, reply)) = known else { return Ok(None) };
        if *first != json!(request) {
            return Err(ApiError::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "This Idempotency-Key was used for another request",
            ));
        }
        serde_json::from_value(reply.clone()).map(Some).map_err(ApiError::internal)
    }

    fn keep(
        &mut self,
        service: &str,
        key: &str,
        request: &impl Serialize,
        reply: &impl Serialize,
    ) -> Result<(), ApiError> {
        let reply = serde_json::to_value(reply).map_err(ApiError::internal)?;
        let key = (service.to_owned(), key.to_owned());
        self.replies.insert(key, (json!(request), reply));
        Ok(())
    }
}

fn is_allowed(service: &str, from: &Party, to: &Party) -> bool {
    use Party::{Member, System};
    use SystemAccount::{GigEscrow, MerchSales, Mint};
    matches!(
        (service, from, to),
        ("gigs", Member(_), System(GigEscrow))
            | ("gigs", System(GigEscrow | Mint), Member(_))
            | ("merch", System(MerchSales), Member(_))
    )
}

fn check_text(amount: i64, description: &str) -> Result<(), ApiError> {
    if !(1..=MOST).contains(&amount) {
        return Err(ApiError::bad_request("The amount must be positive"));
    }
    if description.chars().count() > 200 || !grove_shared::text::is_clean(description) {
        return Err(ApiError::bad_request("The description must be one line of 200 characters"));
    }
    Ok(())
}

fn unknown_user() -> ApiError {
    ApiError::not_found("Unrecognized user")
}

fn not_allowed() -> ApiError {
    ApiError::forbidden("This service may not move credits this way")
}

fn settled(how: &str) -> ApiError {
    ApiError::conflict(format!("The hold was {how} already"))
}

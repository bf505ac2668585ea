//! The double-entry ledger: credits only ever move from one account to another.
//!
//! A transaction is entries that sum to zero. The accounts are locked in the order of their ids before
//! any is changed, so two transactions never wait for each other, and what is available is known for
//! sure when it is checked. The database checks it once more.

use chrono::{DateTime, Utc};
use grove_audit::{Actor, record};
use grove_credits_api::{Party, SystemAccount, Transaction};
use grove_shared::{NetId, db};
use sqlx::MySqlConnection;

use crate::{
    error::CreditsError,
    logged,
    store::{
        accounts::{self, Account, Holder},
        transactions::{self, Entry, NewTransaction},
    },
};

/// Who causes what the service does by itself.
pub(crate) const OWN_NAME: &str = "service:credits";

/// Credits that go from one to another.
#[derive(Debug, Clone)]
pub(crate) struct Transfer<'a> {
    pub(crate) from: Holder,
    pub(crate) to: Holder,
    /// More than zero.
    pub(crate) amount: i64,
    pub(crate) description: &'a str,
    /// The NetID of an officer, or `service:` and a name; nothing for who gives.
    pub(crate) actor: Option<&'a str>,
}

/// A transaction that undid another.
#[derive(Debug)]
pub(crate) struct Reversed {
    pub(crate) id: u64,
    /// What changed on the member's account, and whose that is.
    pub(crate) amount: i64,
    pub(crate) netid: Option<NetId>,
}

/// Moves credits; the line that comes back is that of the member who gives, or else who gets.
pub(crate) async fn transfer(
    transaction: &mut MySqlConnection,
    transfer: &Transfer<'_>,
    now: DateTime<Utc>,
) -> Result<Transaction, CreditsError> {
    let Transfer { from, to, amount, description, actor } = transfer;
    if from == to {
        return Err(CreditsError::ToOneself);
    }
    let entries = [
        Entry { account_id: from.account_id, amount: -amount },
        Entry { account_id: to.account_id, amount: *amount },
    ];
    let accounts = lock(transaction, &entries).await?;
    let new = NewTransaction { description, actor: *actor, reverses: None };
    let id = post(transaction, &accounts, new, &entries, now).await?;
    let (user, amount, counterparty) = match (&from.party, &to.party) {
        (Party::Member(giver), _) => (Some(giver.to_string()), -amount, to),
        (_, Party::Member(taker)) => (Some(taker.to_string()), *amount, from),
        _ => (None, *amount, from),
    };
    let actor = actor.map(str::to_owned).or_else(|| user.clone()).unwrap_or_default();
    Ok(Transaction {
        id,
        user,
        amount,
        description: (*description).to_owned(),
        counterparty: Some(counterparty.party.clone()),
        created_at: now,
        actor,
        reverses: None,
        reversed_by: None,
    })
}

/// Undoes an adjustment by a transaction that does the opposite; `actor` names who, `reason` why. What a
/// service booked is its own to undo: the account of the chapter that it went through is everybody's.
pub(crate) async fn reverse(
    transaction: &mut MySqlConnection,
    id: u64,
    actor: &str,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<Reversed, CreditsError> {
    let booked = transactions::find(&mut *transaction, id).await?;
    if booked.reverses.is_some() {
        return Err(CreditsError::IsReversal);
    }
    let entries = transactions::entries(&mut *transaction, id).await?;
    let mint = accounts::id_of_system(&mut *transaction, SystemAccount::Mint).await?;
    let is_from_mint = entries.iter().any(|entry| entry.account_id == mint);
    if booked.actor.starts_with("service:") || !is_from_mint {
        return Err(CreditsError::NotAdjustment);
    }
    let opposite = entries.map(|entry| Entry { amount: -entry.amount, ..entry });
    let description = format!("Reversal of {id} by {actor}: {reason}");
    let description: String = description.chars().take(200).collect();
    let accounts = lock(transaction, &opposite).await?;
    let new = NewTransaction { description: &description, actor: Some(actor), reverses: Some(id) };
    let by = post(transaction, &accounts, new, &opposite, now).await?;
    let member = opposite.iter().find(|entry| entry.account_id != mint);
    Ok(Reversed {
        id: by,
        amount: member.map_or(0, |entry| entry.amount),
        netid: accounts.into_iter().find_map(|account| account.netid),
    })
}

/// Takes back up to `amount` of the credits that a transaction gave, as far as they are there; returns how
/// many. It does so also from an account that is nobody's any more.
pub(crate) async fn take_back(
    transaction: &mut MySqlConnection,
    id: u64,
    amount: i64,
    description: &str,
    now: DateTime<Utc>,
) -> Result<i64, CreditsError> {
    let given = transactions::entries(&mut *transaction, id).await?;
    let accounts = accounts::lock(transaction, given.map(|entry| entry.account_id)).await?;
    let receiver = given.iter().find(|entry| entry.amount > 0).map(|entry| entry.account_id);
    let receiver = accounts.iter().find(|account| Some(account.id) == receiver);
    let taken = receiver.map_or(0, |account| account.available().clamp(0, amount));
    if taken > 0 {
        let back = given.map(|entry| Entry { amount: -entry.amount.signum() * taken, ..entry });
        let new = NewTransaction { description, actor: Some(OWN_NAME), reverses: None };
        post(transaction, &accounts, new, &back, now).await?;
    }
    Ok(taken)
}

/// Locks the accounts of two entries. Who was forgotten while the request was on its way gives and gets
/// nothing.
async fn lock(
    transaction: &mut MySqlConnection,
    entries: &[Entry; 2],
) -> Result<Vec<Account>, CreditsError> {
    let ids = entries.each_ref().map(|entry| entry.account_id);
    let accounts = accounts::lock(transaction, ids).await?;
    if accounts.iter().any(|account| account.is_forgotten) {
        return Err(CreditsError::UnknownUser);
    }
    Ok(accounts)
}

/// Records a transaction and its entries, and changes the balances with them; the accounts are locked.
pub(crate) async fn post(
    transaction: &mut MySqlConnection,
    accounts: &[Account],
    new: NewTransaction<'_>,
    entries: &[Entry; 2],
    now: DateTime<Utc>,
) -> Result<u64, CreditsError> {
    // Before it is known whether there is enough: of a second reversal the first thing to say is that
    // it is the second. What is refused afterwards is rolled back.
    let id = transactions::insert(transaction, new, now).await.map_err(|cause| {
        let reversed = new.reverses.is_some() && cause.is_duplicate();
        if reversed { CreditsError::Reversed } else { cause }
    })?;
    for entry in entries {
        let account = accounts.iter().find(|account| account.id == entry.account_id);
        check_available(account.ok_or(CreditsError::UnknownUser)?, -entry.amount)?;
    }
    transactions::insert_entries(transaction, id, entries).await?;
    accounts::add(transaction, entries).await?;
    Ok(id)
}

pub(crate) fn check_available(account: &Account, needed: i64) -> Result<(), CreditsError> {
    let available = account.available();
    if needed > available && needed > 0 && !account.may_owe {
        return Err(CreditsError::Short { needed, available });
    }
    Ok(())
}

/// Opens a member's account with the initial amount, unless it is open; returns whether it did.
pub(crate) async fn open(
    transaction: &mut db::Transaction,
    netid: &NetId,
    initial: i64,
    actor: Actor,
    now: DateTime<Utc>,
) -> Result<bool, CreditsError> {
    let Some(account) = accounts::insert(transaction, netid, now).await? else { return Ok(false) };
    record(transaction, logged::opened(actor, netid, account, initial), now).await?;
    if initial == 0 {
        return Ok(true);
    }
    let mint = accounts::id_of_system(&mut **transaction, SystemAccount::Mint).await?;
    let entries = [
        Entry { account_id: mint, amount: -initial },
        Entry { account_id: account, amount: initial },
    ];
    let accounts = lock(transaction, &entries).await?;
    let (description, actor) = ("Initial balance", Some(OWN_NAME));
    let new = NewTransaction { description, actor, reverses: None };
    post(transaction, &accounts, new, &entries, now).await?;
    Ok(true)
}

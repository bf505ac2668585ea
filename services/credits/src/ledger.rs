//! The double-entry ledger: credits only ever move from one account to another.
//!
//! A transaction is entries that sum to zero. The accounts are locked in the order of their ids before
//! any is changed, so two transactions never wait for each other, and what is available is known for
//! sure when it is checked. The database checks it once more.

use chrono::{DateTime, Utc};
use grove_shared::{
    NetId,
    api::credits::{Hold, HoldState, Party, SystemAccount, Transaction},
};
use sqlx::MySqlConnection;

use crate::{
    error::CreditsError,
    store::{
        accounts::{self, Account, Holder},
        holds,
        transactions::{self, Entry, NewTransaction},
    },
};

/// Credits that go from one to another.
#[derive(Debug, Clone)]
pub(crate) struct Transfer<'a> {
    pub(crate) from: Holder,
    pub(crate) to: Holder,
    /// More than zero.
    pub(crate) amount: i64,
    pub(crate) description: &'a str,
    /// A NetID, or `service:` and a name.
    pub(crate) actor: &'a str,
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
    let new = NewTransaction { description, actor, reverses: None };
    let id = post(transaction, new, &entries, now).await?;
    let (user, amount) = match (&from.party, &to.party) {
        (Party::Member(giver), _) => (Some(giver.to_string()), -amount),
        (_, Party::Member(taker)) => (Some(taker.to_string()), *amount),
        _ => (None, *amount),
    };
    Ok(Transaction {
        id,
        user,
        amount,
        description: (*description).to_owned(),
        created_at: now,
        actor: (*actor).to_owned(),
        reverses: None,
        reversed_by: None,
    })
}

/// Undoes a transaction by one that does the opposite; `actor` names who, `reason` why.
pub(crate) async fn reverse(
    transaction: &mut MySqlConnection,
    id: u64,
    actor: &str,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<u64, CreditsError> {
    if transactions::reverses(&mut *transaction, id).await?.is_some() {
        return Err(CreditsError::IsReversal);
    }
    let opposite = transactions::entries(&mut *transaction, id)
        .await?
        .map(|entry| Entry { amount: -entry.amount, ..entry });
    let description = format!("Reversal of {id} by {actor}: {reason}");
    let description: String = description.chars().take(200).collect();
    let new = NewTransaction { description: &description, actor, reverses: Some(id) };
    post(transaction, new, &opposite, now).await
}

/// Records a transaction and its entries, and changes the balances with them.
async fn post(
    transaction: &mut MySqlConnection,
    new: NewTransaction<'_>,
    entries: &[Entry; 2],
    now: DateTime<Utc>,
) -> Result<u64, CreditsError> {
    let accounts = accounts::lock(transaction, entries.map(|entry| entry.account_id)).await?;
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

fn check_available(account: &Account, needed: i64) -> Result<(), CreditsError> {
    let available = account.available();
    if needed > available && needed > 0 && !account.may_owe {
        return Err(CreditsError::Short { needed, available });
    }
    Ok(())
}

/// Opens a member's account with the initial amount, unless it is open.
pub(crate) async fn open(
    transaction: &mut MySqlConnection,
    netid: &NetId,
    initial: i64,
    now: DateTime<Utc>,
) -> Result<(), CreditsError> {
    let Some(account) = accounts::insert(transaction, netid, now).await? else { return Ok(()) };
    if initial == 0 {
        return Ok(());
    }
    let mint = accounts::id_of_system(&mut *transaction, SystemAccount::Mint).await?;
    let entries = [
        Entry { account_id: mint, amount: -initial },
        Entry { account_id: account, amount: initial },
    ];
    let (description, actor) = ("Initial balance", "service:credits");
    let new = NewTransaction { description, actor, reverses: None };
    post(transaction, new, &entries, now).await.map(drop)
}

/// Sets credits of a member aside.
pub(crate) async fn hold(
    transaction: &mut MySqlConnection,
    account: u64,
    amount: i64,
    description: &str,
    service: &str,
    now: DateTime<Utc>,
) -> Result<Hold, CreditsError> {
    check_available(&accounts::lock_one(transaction, account).await?, amount)?;
    accounts::hold(transaction, account, amount).await?;
    let id = holds::insert(transaction, account, amount, description, service, now).await?;
    Ok(holds::find(transaction, id, service).await?.into())
}

/// Pays what is held to `to`. Once it is paid, asking again changes nothing.
pub(crate) async fn capture(
    transaction: &mut MySqlConnection,
    id: u64,
    to: SystemAccount,
    service: &str,
    now: DateTime<Utc>,
) -> Result<Hold, CreditsError> {
    let hold = holds::find(&mut *transaction, id, service).await?;
    let to = accounts::id_of_system(&mut *transaction, to).await?;
    // Both accounts before the hold: everyone who settles it waits here.
    accounts::lock(transaction, [hold.account_id, to]).await?;
    let current = holds::lock(transaction, id, service).await?;
    match current.state() {
        HoldState::Captured => return Ok(current.into()),
        HoldState::Released => return Err(CreditsError::Settled("released")),
        HoldState::Held => {}
    }
    accounts::hold(transaction, hold.account_id, -hold.amount).await?;
    let actor = format!("service:{service}");
    let new = NewTransaction { description: &hold.description, actor: &actor, reverses: None };
    let entries = [
        Entry { account_id: hold.account_id, amount: -hold.amount },
        Entry { account_id: to, amount: hold.amount },
    ];
    let by = post(transaction, new, &entries, now).await?;
    holds::settle(transaction, id, "captured", Some(by), now).await?;
    Ok(holds::find(transaction, id, service).await?.into())
}

/// Gives back what is held. Once it is given back, asking again changes nothing.
pub(crate) async fn release(
    transaction: &mut MySqlConnection,
    id: u64,
    service: &str,
    now: DateTime<Utc>,
) -> Result<Hold, CreditsError> {
    let hold = holds::find(&mut *transaction, id, service).await?;
    accounts::lock_one(transaction, hold.account_id).await?;
    let current = holds::lock(transaction, id, service).await?;
    match current.state() {
        HoldState::Released => return Ok(current.into()),
        HoldState::Captured => return Err(CreditsError::Settled("captured")),
        HoldState::Held => {}
    }
    accounts::hold(transaction, hold.account_id, -hold.amount).await?;
    holds::settle(transaction, id, "released", None, now).await?;
    Ok(holds::find(transaction, id, service).await?.into())
}

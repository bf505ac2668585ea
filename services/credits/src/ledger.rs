//! The double-entry ledger: credits only ever move from one account to another.
//!
//! A transaction is entries that sum to zero. The accounts are locked in the order of their ids before
//! any is changed, so two transactions never wait for each other, and what is available is known for
//! sure when it is checked. The database checks it once more.

use chrono::{DateTime, Utc};
use grove_credits_api::{Hold, Party, SystemAccount, Transaction};
use grove_shared::{NetId, db};
use sqlx::{MySqlConnection, MySqlPool};

use crate::{
    error::CreditsError,
    store::{
        accounts::{self, Account, Holder},
        holds::{self, HoldRow, NewHold, Settlement, State},
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
    let (user, amount, counterparty) = match (&from.party, &to.party) {
        (Party::Member(giver), _) => (Some(giver.to_string()), -amount, to),
        (_, Party::Member(taker)) => (Some(taker.to_string()), *amount, from),
        _ => (None, *amount, from),
    };
    Ok(Transaction {
        id,
        user,
        amount,
        description: (*description).to_owned(),
        counterparty: Some(counterparty.party.clone()),
        created_at: now,
        actor: (*actor).to_owned(),
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
) -> Result<u64, CreditsError> {
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
    new: &NewHold<'_>,
    now: DateTime<Utc>,
) -> Result<Hold, CreditsError> {
    check_available(&accounts::lock_one(transaction, new.account_id).await?, new.amount)?;
    accounts::hold(transaction, new.account_id, new.amount).await?;
    let id = holds::insert(transaction, new, now).await?;
    Ok(holds::find(transaction, id).await?.into())
}

/// Pays what `service` holds to `to`. Once it is paid, asking again changes nothing.
pub(crate) async fn capture(
    transaction: &mut MySqlConnection,
    id: u64,
    to: SystemAccount,
    service: &str,
    now: DateTime<Utc>,
) -> Result<Hold, CreditsError> {
    let hold = holds::find(&mut *transaction, id).await?.of(service)?;
    let to = accounts::id_of_system(&mut *transaction, to).await?;
    // Both accounts before the hold: everyone who settles it waits here.
    accounts::lock(transaction, [hold.account_id, to]).await?;
    let current = holds::lock(transaction, id).await?;
    match current.state {
        State::Captured => return Ok(current.into()),
        State::Released => return Err(CreditsError::Settled("released")),
        State::Expired => return Err(CreditsError::Expired),
        State::Held if current.is_due(now) => return Err(CreditsError::Expired),
        State::Held => {}
    }
    accounts::hold(transaction, hold.account_id, -hold.amount).await?;
    let actor = format!("service:{service}");
    let new = NewTransaction { description: &hold.description, actor: &actor, reverses: None };
    let entries = [
        Entry { account_id: hold.account_id, amount: -hold.amount },
        Entry { account_id: to, amount: hold.amount },
    ];
    let by = post(transaction, new, &entries, now).await?;
    let settlement = Settlement { state: State::Captured, transaction: Some(by), by: &actor };
    holds::settle(transaction, id, settlement, now).await?;
    Ok(holds::find(transaction, id).await?.into())
}

/// Gives back what is held, of `service` alone if one is named; `by` is who does so. Once it is given back,
/// asking again changes nothing.
pub(crate) async fn release(
    transaction: &mut MySqlConnection,
    id: u64,
    service: Option<&str>,
    by: &str,
    now: DateTime<Utc>,
) -> Result<Hold, CreditsError> {
    let hold = holds::find(&mut *transaction, id).await?;
    let hold = match service {
        Some(service) => hold.of(service)?,
        None => hold,
    };
    let settlement = Settlement { state: State::Released, transaction: None, by };
    let settled = give_back(transaction, &hold, settlement, now).await?;
    if settled.state == State::Captured {
        return Err(CreditsError::Settled("captured"));
    }
    Ok(settled.into())
}

/// Settles a hold by giving back, unless it is settled already; returns it as it is then.
async fn give_back(
    transaction: &mut MySqlConnection,
    hold: &HoldRow,
    settlement: Settlement<'_>,
    now: DateTime<Utc>,
) -> Result<HoldRow, CreditsError> {
    accounts::lock_one(transaction, hold.account_id).await?;
    let current = holds::lock(transaction, hold.id).await?;
    if current.state != State::Held {
        return Ok(current);
    }
    accounts::hold(transaction, hold.account_id, -hold.amount).await?;
    holds::settle(transaction, hold.id, settlement, now).await?;
    holds::find(transaction, hold.id).await
}

/// Gives back what was held for longer than its service asked for.
pub(crate) async fn expire_due(db: &MySqlPool, now: DateTime<Utc>) -> Result<(), CreditsError> {
    let by = "service:credits";
    for hold in holds::due(db, now).await? {
        let mut transaction = db::begin(db).await?;
        let settlement = Settlement { state: State::Expired, transaction: None, by };
        let settled = give_back(&mut transaction, &hold, settlement, now).await?;
        transaction.commit().await?;
        if settled.state == State::Expired {
            let HoldRow { id, netid, service, .. } = &settled;
            tracing::warn!(hold.id = id, "hold {id} of {netid} for {service} has expired");
        }
    }
    Ok(())
}

//! Credits that are set aside, and how that ends.
//!
//! The account is locked before the hold: everyone who changes either waits there.

use chrono::{DateTime, Utc};
use grove_audit::record;
use grove_credits_api::{Hold, HoldState, SystemAccount};
use grove_shared::{NetId, db};
use sqlx::{MySqlConnection, MySqlPool};

use crate::{
    SERVICE,
    error::CreditsError,
    ledger::{self, OWN_NAME},
    logged,
    store::{
        accounts,
        holds::{self, HoldRow, NewHold, Settlement, State},
        transactions::{Entry, NewTransaction},
    },
};

/// A hold after it was to end.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) hold: Hold,
    /// Whether it ended now, and not before.
    pub(crate) is_new: bool,
}

/// Sets credits of a member aside.
pub(crate) async fn hold(
    transaction: &mut MySqlConnection,
    new: &NewHold<'_>,
    now: DateTime<Utc>,
) -> Result<Hold, CreditsError> {
    let account = accounts::lock_one(transaction, new.account_id).await?;
    if account.is_forgotten {
        return Err(CreditsError::UnknownUser);
    }
    ledger::check_available(&account, new.amount)?;
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
) -> Result<Ended, CreditsError> {
    let hold = holds::find(&mut *transaction, id).await?.of(service)?;
    let to = accounts::id_of_system(&mut *transaction, to).await?;
    let ids = [hold.account_id, to];
    accounts::lock(transaction, ids).await?;
    let current = holds::lock(transaction, id).await?;
    match current.state {
        State::Captured => return Ok(Ended { hold: current.into(), is_new: false }),
        State::Released => return Err(CreditsError::Settled("released")),
        State::Expired => return Err(CreditsError::Expired),
        State::Held if current.is_due(now) => return Err(CreditsError::Expired),
        State::Held => {}
    }
    accounts::hold(transaction, hold.account_id, -hold.amount).await?;
    let accounts = accounts::lock(transaction, ids).await?;
    let actor = format!("service:{service}");
    let description = &hold.description;
    let new = NewTransaction { description, actor: Some(&actor), reverses: None };
    let entries = [
        Entry { account_id: hold.account_id, amount: -hold.amount },
        Entry { account_id: to, amount: hold.amount },
    ];
    let by = ledger::post(transaction, &accounts, new, &entries, now).await?;
    let settlement = Settlement { state: State::Captured, transaction: Some(by), by: &actor };
    holds::settle(transaction, id, settlement, now).await?;
    Ok(Ended { hold: holds::find(transaction, id).await?.into(), is_new: true })
}

/// Gives back what is held, of `service` alone if one is named; `by` is who does so. Once it is given back,
/// asking again changes nothing.
pub(crate) async fn release(
    transaction: &mut MySqlConnection,
    id: u64,
    service: Option<&str>,
    by: &str,
    now: DateTime<Utc>,
) -> Result<Ended, CreditsError> {
    let hold = holds::find(&mut *transaction, id).await?;
    let hold = match service {
        Some(service) => hold.of(service)?,
        None => hold,
    };
    let settlement = Settlement { state: State::Released, transaction: None, by };
    let ended = give_back(transaction, &hold, settlement, now).await?;
    if ended.hold.state == HoldState::Captured {
        return Err(CreditsError::Settled("captured"));
    }
    Ok(ended)
}

/// Ends a hold by giving back, unless it has ended already.
async fn give_back(
    transaction: &mut MySqlConnection,
    hold: &HoldRow,
    settlement: Settlement<'_>,
    now: DateTime<Utc>,
) -> Result<Ended, CreditsError> {
    accounts::lock_one(transaction, hold.account_id).await?;
    let current = holds::lock(transaction, hold.id).await?;
    if current.state != State::Held {
        return Ok(Ended { hold: current.into(), is_new: false });
    }
    accounts::hold(transaction, hold.account_id, -hold.amount).await?;
    holds::settle(transaction, hold.id, settlement, now).await?;
    Ok(Ended { hold: holds::find(transaction, hold.id).await?.into(), is_new: true })
}

/// Gives back what was held for longer than its service asked for.
pub(crate) async fn expire_due(db: &MySqlPool, now: DateTime<Utc>) -> Result<(), CreditsError> {
    for hold in holds::due(db, now).await? {
        let mut transaction = db::begin(db).await?;
        let settlement = Settlement { state: State::Expired, transaction: None, by: OWN_NAME };
        let ended = give_back(&mut transaction, &hold, settlement, now).await?;
        if ended.is_new {
            record(&mut transaction, logged::ended(SERVICE, &ended.hold), now).await?;
            let (id, service) = (hold.id, &hold.service);
            tracing::warn!(hold.id = id, "hold {id} for {service} has expired");
        }
        transaction.commit().await?;
    }
    Ok(())
}

/// Has nobody known as whose a member's account is, and gives back what is held of it; returns how many
/// holds that were, or nothing if there is no such account. What is on it stays there: it moves no more.
pub(crate) async fn forget(
    transaction: &mut db::Transaction,
    netid: &NetId,
    now: DateTime<Utc>,
) -> Result<Option<u64>, CreditsError> {
    let Some(account) = accounts::lock_of(transaction, netid).await? else { return Ok(None) };
    let open = holds::open_on(transaction, account).await?;
    for hold in &open {
        let settlement = Settlement { state: State::Released, transaction: None, by: OWN_NAME };
        let Ended { hold, .. } = give_back(transaction, hold, settlement, now).await?;
        // The log names them no more than the hold does from here on.
        let released = logged::ended(SERVICE, &Hold { netid: None, ..hold });
        record(transaction, released, now).await?;
    }
    accounts::forget(transaction, account, now).await?;
    Ok(Some(u64::try_from(open.len()).unwrap_or(u64::MAX)))
}

//! People who buy: whether they may, and what they have.

use futures_util::future::join_all;
use grove_client::Peers;
use grove_credits_api::Balance;
use grove_merch_api::Customer;
use grove_shared::{CallError, Client, NetId, config::ChapterTime};

use crate::{
    error::MerchError,
    state::AppState,
    store::customers::{self, CustomerRow},
};

/// Balances that are asked for at the same time.
const AT_ONCE: usize = 16;

/// Whether someone is a member today.
pub(crate) async fn is_current(peers: &Peers, netid: &NetId) -> Result<bool, CallError> {
    let answer = peers.call(grove_users_api::is_member(netid.as_str())).await;
    Ok(found(answer)?.is_some_and(|answer| answer.is_member))
}

/// Notes that a member of today is a customer. The note comes before the question, so that who is forgotten
/// after the answer is forgotten with the note, and then neither buys nor gets a PIN.
pub(crate) async fn enrol(state: &AppState, netid: &NetId) -> Result<(), MerchError> {
    customers::ensure(&state.db, netid, state.clock.now()).await?;
    if is_current(&state.peers, netid).await? {
        return Ok(());
    }
    customers::remove_unused(&state.db, netid).await?;
    Err(MerchError::MembersOnly)
}

/// What a member has; nothing when there is no account.
pub(crate) async fn balance(peers: &Peers, netid: &NetId) -> Result<Option<Balance>, CallError> {
    found(peers.call(grove_credits_api::member_balance(netid)).await)
}

/// The answer, or nothing when there is no such person.
fn found<T>(answer: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(cause) if cause.is_not_found() => Ok(None),
        Err(cause) => Err(cause),
    }
}

/// A customer as the API shows one, with the balance if credits tells it.
pub(crate) async fn with_balance(
    peers: &Peers,
    time: ChapterTime,
    netid: &NetId,
    row: Option<&CustomerRow>,
) -> Customer {
    let (balance, balance_error) = match balance(peers, netid).await {
        Ok(Some(balance)) => (Some(balance.available), None),
        Ok(None) => (None, Some("There is no account for credits".to_owned())),
        Err(cause) => {
            tracing::warn!(%cause, "the balance of {netid} is not known");
            (None, Some(UNKNOWN.to_owned()))
        }
    };
    Customer { balance, balance_error, ..without_balance(time, netid, row) }
}

const UNKNOWN: &str = "The credits service does not answer";

/// A customer whose balance is not known now.
pub(crate) fn without_balance(
    time: ChapterTime,
    netid: &NetId,
    row: Option<&CustomerRow>,
) -> Customer {
    Customer {
        id: row.map(|row| row.id),
        netid: netid.to_string(),
        pin: None,
        has_pin: row.is_some_and(|row| row.has_pin),
        balance: None,
        balance_error: Some(UNKNOWN.to_owned()),
        created_on: row.map(|row| time.day_of(row.created_at)),
    }
}

/// Many customers. Once credits does not answer, it is not asked again.
pub(crate) async fn with_balances(
    peers: &Peers,
    time: ChapterTime,
    rows: Vec<CustomerRow>,
) -> Vec<Customer> {
    let mut customers = Vec::with_capacity(rows.len());
    let mut answers = true;
    for some in rows.chunks(AT_ONCE) {
        if answers {
            let asked = some.iter().map(|row| with_balance(peers, time, &row.netid, Some(row)));
            customers.extend(join_all(asked).await);
            answers =
                customers.last().is_none_or(|last| last.balance_error.as_deref() != Some(UNKNOWN));
        } else {
            let unasked = some.iter().map(|row| without_balance(time, &row.netid, Some(row)));
            customers.extend(unasked);
        }
    }
    customers
}

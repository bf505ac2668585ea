//! People who buy: whether they may, and what they have.

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use grove_shared::{
    NetId,
    api::{envelope::Data, merch::Customer, users::IsMember},
    peer::{PeerError, Peers},
};
use http::{Method, StatusCode};
use serde_json::json;

use crate::{credits, store::customers::CustomerRow};

/// Balances that are asked for at the same time.
const AT_ONCE: usize = 16;

/// Whether someone is a member today.
pub(crate) async fn is_current(peers: &Peers, netid: &NetId) -> Result<bool, PeerError> {
    let path = format!("/users/{netid}/is_member");
    let answer = peers.call("users", Method::GET, &path, &json!({})).await;
    match answer {
        Ok(Data { data: IsMember { is_member, .. }, .. }) => Ok(is_member),
        Err(PeerError::Refused { status: StatusCode::NOT_FOUND, .. }) => Ok(false),
        Err(cause) => Err(cause),
    }
}

/// A customer as the API shows one, with the balance if credits tells it.
pub(crate) async fn with_balance(
    peers: &Peers,
    netid: &NetId,
    row: Option<CustomerRow>,
) -> Customer {
    let (balance, balance_error) = match credits::balance(peers, netid).await {
        Ok(Some(balance)) => (Some(balance.available), None),
        Ok(None) => (None, Some("There is no account for credits".to_owned())),
        Err(cause) => {
            tracing::warn!(%cause, "the balance of {netid} is not known");
            (None, Some(UNKNOWN.to_owned()))
        }
    };
    Customer { balance, balance_error, ..without_balance(netid, row) }
}

const UNKNOWN: &str = "The credits service does not answer";

/// A customer whose balance is not known now.
pub(crate) fn without_balance(netid: &NetId, row: Option<CustomerRow>) -> Customer {
    let created_on = row.as_ref().map(|row: &CustomerRow| day(row.created_at));
    Customer {
        id: row.as_ref().map(|row| row.id),
        netid: netid.to_string(),
        pin: None,
        has_pin: row.is_some_and(|row| row.has_pin),
        balance: None,
        balance_error: Some(UNKNOWN.to_owned()),
        created_on,
    }
}

fn day(time: DateTime<Utc>) -> chrono::NaiveDate {
    time.date_naive()
}

/// Many customers. Once credits does not answer, it is not asked again.
pub(crate) async fn with_balances(peers: &Peers, rows: Vec<CustomerRow>) -> Vec<Customer> {
    let mut customers = Vec::with_capacity(rows.len());
    let mut answers = true;
    for some in rows.chunks(AT_ONCE) {
        if answers {
            let asked = some.iter().map(|row| with_balance(peers, &row.netid, Some(row.clone())));
            customers.extend(join_all(asked).await);
            answers =
                customers.last().is_none_or(|last| last.balance_error.as_deref() != Some(UNKNOWN));
        } else {
            let unasked = some.iter().map(|row| without_balance(&row.netid, Some(row.clone())));
            customers.extend(unasked);
        }
    }
    customers
}

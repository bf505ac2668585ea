//! What the visitor has to spend, beside the first page: an extra that no page waits long for.

use grove_credits_api as credits;
use grove_merch_api as merch;
use grove_shared::{CallError, Client};
use std::time::Duration;

use crate::{amount::Amount, gateway::Gateway, person::Person};

/// How long the page waits for it.
const PATIENCE: Duration = Duration::from_millis(1500);

/// What the visitor has to spend, and how; nothing of what is not known.
#[derive(Debug, Default)]
pub(super) struct Purse {
    pub(super) available: Option<Amount>,
    /// Whether there is a PIN for the machine.
    pub(super) has_pin: Option<bool>,
}

impl Purse {
    pub(super) async fn of(person: &Person, gateway: &Gateway) -> Self {
        let (balance, customer) = tokio::join!(
            soon(gateway.call(credits::balance(&person.netid))),
            soon(gateway.call(merch::customer(&person.netid)))
        );
        Self {
            available: balance.map(|balance| Amount(balance.available)),
            has_pin: customer.map(|customer| customer.has_pin),
        }
    }
}

async fn soon<T>(call: impl Future<Output = Result<T, CallError>>) -> Option<T> {
    tokio::time::timeout(PATIENCE, call).await.ok()?.ok()
}

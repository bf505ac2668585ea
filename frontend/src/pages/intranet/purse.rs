//! What the visitor has to spend, beside the first page: an extra that no page waits long for.

use grove_credits_api as credits;
use grove_merch_api as merch;
use grove_shared::Client;

use crate::{amount::Amount, gateway::Gateway, person::Person};

/// What the visitor has to spend, and how; nothing of what is not known.
#[derive(Debug, Default)]
pub(super) struct Purse {
    pub(super) available: Option<Amount>,
    /// Whether there is a PIN for the machine.
    pub(super) has_pin: Option<bool>,
}

impl Purse {
    pub(super) async fn of(person: &Person, gateway: &Gateway) -> Self {
        let gateway = gateway.in_haste();
        let (balance, customer) = tokio::join!(
            gateway.call(credits::balance(&person.netid)),
            gateway.call(merch::customer(&person.netid))
        );
        Self {
            available: balance.ok().map(|balance| Amount(balance.available)),
            has_pin: customer.ok().map(|customer| customer.has_pin),
        }
    }
}

//! What is logged of changes, and in which words.

use grove_audit::{Actor, Change};
use grove_credits_api::{Hold, HoldState, Party, Transaction, release_hold, reverse};
use grove_identity::caller::{Member, Peer};
use grove_shared::NetId;
use serde_json::json;

use crate::{SERVICE, store::payments::Payment};

/// An account was opened with what everyone begins with.
pub(crate) fn opened(actor: Actor, netid: &NetId, account: u64, initial: i64) -> Change {
    Change::new(actor, "opened", "account", account)
        .about(netid)
        .to(json!({ "balance": initial }))
        .irreversible("An account stays open. Take the credits by an adjustment.")
}

/// An officer gave or took credits.
pub(crate) fn adjusted(officer: &Member, netid: &NetId, done: &Transaction) -> Change {
    Change::new(officer, "booked", "transaction", done.id)
        .about(netid)
        .to(json!({ "amount": done.amount }))
        .undone_by(&reverse(done.id, ""))
}

/// An officer undid transaction `id` by `reversal`, which changed what someone has by `amount`.
pub(crate) fn reversed(
    officer: &Member,
    id: u64,
    (reversal, amount): (u64, i64),
    netid: Option<&NetId>,
) -> Change {
    let change = Change::new(officer, "reversed", "transaction", id)
        .to(json!({ "amount": amount, "reversed_by": reversal }))
        .irreversible("A reversal is not undone. Give or take the credits once more.");
    about(change, netid)
}

/// A service moved credits of a member or to one.
pub(crate) fn moved<A>(peer: &Peer<A>, parties: [&Party; 2], done: &Transaction) -> Change {
    let member = parties.into_iter().find_map(|party| match party {
        Party::Member(netid) => Some(netid),
        Party::System(_) => None,
    });
    let change = Change::new(peer, "booked", "transaction", done.id)
        .to(json!({ "amount": done.amount, "counterparty": done.counterparty }))
        .irreversible("What a service booked, that service gives back: cancel what it was for.");
    about(change, member)
}

/// A service set credits aside.
pub(crate) fn held<A>(peer: &Peer<A>, hold: &Hold) -> Change {
    let change = Change::new(peer, "held", "hold", hold.id)
        .to(json!({ "state": hold.state, "amount": hold.amount }))
        .undone_by(&release_hold(hold.id));
    about(change, hold.netid.as_ref())
}

/// A hold was ended, as its state says.
pub(crate) fn ended(actor: impl Into<Actor>, hold: &Hold) -> Change {
    let (action, why) = match hold.state {
        HoldState::Captured => ("captured", "Its service refunds what was paid."),
        HoldState::Expired => ("expired", "Only its service can hold the credits again."),
        HoldState::Released | HoldState::Held => {
            ("released", "Only its service can hold the credits again.")
        }
    };
    let change = Change::new(actor, action, "hold", hold.id)
        .from(json!({ "state": HoldState::Held }))
        .to(json!({ "state": hold.state, "amount": hold.amount }))
        .irreversible(why);
    about(change, hold.netid.as_ref())
}

/// A payment by card came.
pub(crate) fn came(payment: &Payment) -> Change {
    let change = Change::new(SERVICE, "settled", "payment", payment.id)
        .to(json!({ "amount": payment.amount, "purpose": payment.purpose.as_str() }))
        .irreversible("Refund it at Stripe: the credits that it bought are then taken back.");
    about(change, payment.netid.as_ref())
}

/// Some of a payment went back, `refunded` altogether, and the member still owes `owed` of it.
pub(crate) fn went_back(payment: &Payment, refunded: i64, owed: i64) -> Change {
    let change = Change::new(SERVICE, "refunded", "payment", payment.id)
        .from(json!({ "refunded": payment.refunded }))
        .to(json!({ "refunded": refunded, "owed": owed }))
        .irreversible("The money has gone back. It can be paid once more.");
    about(change, payment.netid.as_ref())
}

fn about(change: Change, netid: Option<&NetId>) -> Change {
    match netid {
        Some(netid) => change.about(netid),
        None => change,
    }
}

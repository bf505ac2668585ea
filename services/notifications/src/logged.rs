//! What the log of who did what says of messages: whom they went to by number, and nothing of their words.

use std::collections::BTreeSet;

use grove_audit::{Actor, Change};
use grove_notifications_api::DeliveryState;
use grove_shared::NetId;
use serde_json::{Map, Value, json};

use crate::request::{Recipients, Request};

/// An officer sent a message.
pub(crate) fn sent(
    officer: impl Into<Actor>,
    id: u64,
    request: &Request,
    recipients: &[Recipients],
) -> Change {
    let channels = request.parts.iter().map(|part| part.channel.to_string());
    let counts: Map<String, Value> =
        channels.zip(recipients.iter().map(|part| part.len().into())).collect();
    let mut message = json!({ "kind": request.kind.name, "recipients": counts });
    if let Some(audience) = &request.audience {
        message["audience"] = audience.name().into();
    }
    let sent = Change::new(officer, "sent", "message", id).to(message).irreversible(
        "What has gone out cannot be called back; send the same people another message.",
    );
    match only(recipients) {
        Some(netid) => sent.about(netid),
        None => sent,
    }
}

/// The member whom a message goes to, if it goes to nobody else.
fn only(recipients: &[Recipients]) -> Option<&NetId> {
    let people = recipients.iter().flatten().map(|(_, netid)| netid.as_ref());
    let people: BTreeSet<Option<&NetId>> = people.collect();
    people.first().copied().flatten().filter(|_| people.len() == 1)
}

/// An officer had a delivery tried again.
pub(crate) fn replayed(
    officer: impl Into<Actor>,
    id: u64,
    state: DeliveryState,
    netid: Option<&NetId>,
) -> Change {
    let replayed = Change::new(officer, "replayed", "delivery", id)
        .from(json!({ "state": state }))
        .to(json!({ "state": DeliveryState::Queued }))
        .irreversible("It goes out as soon as its channel takes it, which nothing stops.");
    match netid {
        Some(netid) => replayed.about(netid),
        None => replayed,
    }
}

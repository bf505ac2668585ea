//! What the notifications service promises other services: the same checks for the real one and for the
//! fake.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use grove_shared::{Call, CallError, Client};
use serde_json::{Value, json};

use crate::{ACCOUNT, Channel, DeliveryState, GIGS, MEMBERSHIP, Notification, Sent, find, send};

/// Runs every check. `gigs` and `merch` call as these services, `quotes` as one that sends no messages.
///
/// # Panics
/// When a promise is broken.
pub async fn suite(gigs: &impl Client, merch: &impl Client, quotes: &impl Client) {
    a_message_is_taken_and_shown_to_its_sender(gigs, merch).await;
    a_repetition_is_one_message(gigs, merch).await;
    what_is_refused_has_no_effect(gigs).await;
    what_is_wrong_is_refused(gigs).await;
    let refused = quotes.call(send(&mail("Pizza"))).await;
    assert_eq!(status(&refused.expect_err("a service that sends nothing")), 403);
}

async fn a_message_is_taken_and_shown_to_its_sender(gigs: &impl Client, merch: &impl Client) {
    let sent = gigs.call(send(&mail("Pizza"))).await.expect("a mail");
    assert_eq!(sent.message, "Notification(s) sent");
    let shown = gigs.call(find(sent.id)).await.expect("what it sent");
    assert_eq!((shown.id, shown.message.as_str()), (sent.id, "In the lounge, at six."));
    assert_eq!((shown.kind.as_str(), shown.requested_by.as_str()), (MEMBERSHIP, "service:gigs"));
    let [delivery] = &shown.deliveries[..] else { panic!("{:?}", shown.deliveries) };
    assert_eq!(delivery.notification_id, sent.id);
    assert_eq!((delivery.channel.as_str(), delivery.attempts), ("email", 0));
    assert_eq!((delivery.recipient.as_str(), delivery.state), (RECIPIENT, DeliveryState::Queued));
    assert_eq!(delivery.subject.as_deref(), Some("Pizza"));

    for missing in [merch.call(find(sent.id)).await, gigs.call(find(sent.id + 999)).await] {
        assert_eq!(status(&missing.expect_err("somebody else's")), 404);
    }
    let secret = gigs.call(send(&mail("Your password").of_kind(ACCOUNT))).await.expect("a mail");
    let secret = gigs.call(find(secret.id)).await.expect("what it sent");
    assert_eq!((secret.kind.as_str(), secret.message.as_str()), (ACCOUNT, ""));

    let message = Notification {
        services: vec![
            Channel::slack(vec!["#general".to_owned(), "C012AB3CD".to_owned()]),
            Channel { name: "twitter".to_owned(), ..Channel::default() },
        ],
        message: "Pizza".to_owned(),
        kind: Some(GIGS.to_owned()),
        ..Notification::default()
    };
    let sent = gigs.call(send(&message)).await.expect("a post");
    let shown = gigs.call(find(sent.id)).await.expect("what it sent");
    let mut places = shown.deliveries;
    places.sort_by_key(|delivery| delivery.id);
    let places: Vec<_> = places
        .iter()
        .map(|delivery| (delivery.channel.as_str(), delivery.recipient.as_str()))
        .collect();
    assert_eq!(places, [("slack", "#general"), ("slack", "C012AB3CD"), ("x", "x")]);

    let mut unknown_field = json(&mail("Pizza"));
    unknown_field["priority"] = json!("high");
    unknown_field["services"][0]["priority"] = json!("high");
    gigs.call(raw(&unknown_field)).await.expect("a mail with more than is known");
}

async fn a_repetition_is_one_message(gigs: &impl Client, merch: &impl Client) {
    let first = gigs.call(send(&mail("Pizza")).once("contract-1")).await.expect("a mail");
    let again = gigs.call(send(&mail("Pizza")).once("contract-1")).await.expect("a repetition");
    assert_eq!(first, again);
    let other = gigs.call(send(&mail("Pasta")).once("contract-1")).await;
    let other = other.expect_err("another message under the same key");
    assert_eq!(status(&other), 422);
    assert!(other.is_final());
    let merchs = merch.call(send(&mail("Pasta")).once("contract-1")).await.expect("a mail");
    assert_ne!(
        merchs.id, first.id,
        "keys of different services have nothing to do with each other"
    );
    for key in [String::new(), "k".repeat(201)] {
        let refused = gigs.call(send(&mail("Pizza")).once(key)).await;
        assert_eq!(status(&refused.expect_err("a key that is none")), 400);
    }
}

async fn what_is_refused_has_no_effect(gigs: &impl Client) {
    let wrong = mail("Pizza").of_kind("gossip");
    let refused = gigs.call(send(&wrong).once("contract-2")).await.expect_err("a wrong kind");
    assert_eq!(status(&refused), 400);
    gigs.call(send(&mail("Pizza")).once("contract-2")).await.expect("the same key, mended");
}

async fn what_is_wrong_is_refused(gigs: &impl Client) {
    let to = |recipient: &str| with("recipients", &json!([recipient]));
    let long = |name: &str, length: usize| {
        let recipients = if name == "slack" { json!(["#general"]) } else { Value::Null };
        let service = json!({ "name": name, "recipients": recipients });
        json!({ "services": [service], "message": "ä".repeat(length) })
    };
    for (message, expected) in [
        (json!({}), "Could not parse JSON from request body"),
        (json!({ "services": [{ "name": "x" }] }), "message: Missing data for required field."),
        (json!({ "message": "Hi" }), "name: Missing data for required field."),
        (json!({ "services": [], "message": "Hi" }), "Must specify services to send to"),
        (json!({ "services": [{ "name": "x" }], "message": " \n" }), "The message is empty"),
        (json!({ "services": [{ "name": "fax" }], "message": "Hi" }), "Invalid service: fax"),
        (
            json!({ "services": [{ "name": "x" }, { "name": "twitter" }], "message": "Hi" }),
            "Each service can be there once",
        ),
        (
            json!({ "services": [{ "name": "x", "recipients": ["a"] }], "message": "Hi" }),
            "Invalid key for service \"x\": recipients",
        ),
        (
            json!({ "services": [{ "name": "slack", "subject": "a" }], "message": "Hi" }),
            "Invalid key for service \"slack\": subject",
        ),
        (json!({ "services": [{ "name": "slack" }], "message": "Hi" }), "Slack needs recipients"),
        (with("recipients", &json!([])), "An email needs recipients"),
        (
            to("a@example.edu\r\nBcc: b@example.edu"),
            "Invalid recipient: a@example.eduBcc: b@example.edu",
        ),
        (to("a@example.edu, b@example.edu"), "Invalid recipient: a@example.edu, b@example.edu"),
        (to("Ada <a@example.edu>"), "Invalid recipient: Ada <a@example.edu>"),
        (to("a"), "Invalid recipient: a"),
        (with("subject", &json!("Hi\r\nBcc: b@example.edu")), "The subject must be one line"),
        (with("subject", &json!("Hi\u{2028}there")), "The subject must be one line"),
        (with("subject", &json!("a".repeat(201))), "The subject has 200 characters at most"),
        (long("discord", 2001), "Discord takes 2000 characters at most"),
        (long("x", 281), "X takes 280 characters at most"),
        (long("slack", 40_001), "Slack takes 40000 characters at most"),
    ] {
        let refused = gigs.call(raw(&message)).await.expect_err(expected);
        let CallError::Refused { status, message, .. } = &refused else { panic!("{refused}") };
        assert_eq!((status.as_u16(), message.as_str()), (400, expected));
        assert!(refused.is_final());
    }
    let mut long = mail("Pizza");
    long.message = "a".repeat(256 * 1024 + 1);
    assert_eq!(status(&gigs.call(send(&long)).await.expect_err("too long")), 413);
}

const RECIPIENT: &str = "ada1@example.edu";

fn mail(subject: &str) -> Notification {
    Notification::mail(RECIPIENT.to_owned(), subject, "In the lounge, at six.".to_owned())
}

/// A mail with another value of a field of its channel.
fn with(field: &str, value: &Value) -> Value {
    let mut message = json(&mail("Pizza"));
    message["services"][0][field] = value.clone();
    message
}

/// Sends what the contract has no type for.
fn raw(message: &Value) -> Call<Sent> {
    send(&mail("Pizza")).json(message)
}

fn json(message: &Notification) -> Value {
    serde_json::to_value(message).expect("JSON")
}

fn status(cause: &CallError) -> u16 {
    cause.status().expect("a refusal").as_u16()
}

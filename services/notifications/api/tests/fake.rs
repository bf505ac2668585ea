//! The fake keeps the promises of the real service.

#![cfg(feature = "fake")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use grove_client::Peers;
use grove_notifications_api::{
    Notification, SERVICE, contract,
    fake::{FakeNotifications, Received},
    send,
};
use grove_shared::Client;
use grove_testing::TestKeys;

/// The fake, and the services that call it.
async fn fake() -> (FakeNotifications, impl Fn(&str) -> Peers) {
    let (fake, keys) = (FakeNotifications::start().await, TestKeys::default());
    fake.trust(keys.verifier(SERVICE.name));
    let urls = format!("{}={}", SERVICE.name, fake.url());
    (fake, move |name: &str| Peers::new(keys.key(name), urls.parse().unwrap(), &[]).unwrap())
}

fn mail() -> Notification {
    Notification::mail("ada1@example.edu".to_owned(), "Pizza", "At six.".to_owned())
}

#[tokio::test]
async fn the_fake_keeps_the_contract() {
    let (fake, caller) = fake().await;
    contract::suite(&caller("gigs"), &caller("merch"), &caller("quotes")).await;
    let callers: Vec<_> = fake.received().into_iter().map(|received| received.caller).collect();
    assert_eq!(callers, ["gigs", "gigs", "gigs", "gigs", "gigs", "merch", "gigs"]);
}

#[tokio::test]
async fn a_test_sees_what_was_sent_and_makes_calls_fail() {
    let (fake, caller) = fake().await;
    let gigs = caller("gigs");
    fake.fail_next(1);
    fake.lose_next_answer();
    for _ in 0..2 {
        assert!(gigs.call(send(&mail()).once("one")).await.is_err());
    }
    gigs.call(send(&mail()).once("one")).await.unwrap();
    let Received { id, caller, key, notification, .. } = fake.received().pop().unwrap();
    assert_eq!((id, caller.as_str(), key.as_deref()), (1, "gigs", Some("one")));
    assert_eq!((notification, fake.received().len(), fake.calls()), (mail(), 1, 3));
}

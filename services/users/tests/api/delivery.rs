//! What reaches the other services.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use grove_credits_api::fake::{FakeCredits, Operation};
use serde_json::json;

use crate::{World, receiver::Receiver};

const FAR_BEYOND_THE_BACKOFF: TimeDelta = TimeDelta::hours(2);

#[tokio::test]
async fn joining_makes_an_account_and_sends_a_mail() {
    let others = Receiver::start().await;
    let world = World::with_peers(&others.url).await;
    world.join("jsmith2", 100_000_001).await;
    assert_eq!(world.worker().deliver_due().await.unwrap(), 2);
    assert_eq!(world.worker().deliver_due().await.unwrap(), 0);

    let [account, mail] = others.calls().try_into().unwrap();
    assert_eq!(account.path, "/internal/accounts");
    let expected = json!({ "netid": "jsmith2", "first_name": "Jane", "last_name": "Smith" });
    assert_eq!(account.body, expected);
    assert_eq!(mail.path, "/notification");
    let channel = &mail.body["services"][0];
    assert_eq!(channel["name"], "email");
    assert_eq!(channel["recipients"], json!(["jsmith2@example.edu"]));
    assert_eq!(channel["subject"], "Welcome to ACM!");
    assert_eq!(mail.body["kind"], "membership");
    let text = mail.body["message"].as_str().unwrap();
    for part in ["Hello,", "fee of $40", "http://localhost:5000/intranet"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("Jane"), "{text}");
}

#[tokio::test]
async fn a_payment_is_confirmed_by_mail_and_enters_the_directory() {
    let others = Receiver::start().await;
    let world = World::with_peers(&others.url).await;
    world.join("jsmith2", 100_000_001).await;
    world.worker().deliver_due().await.unwrap();
    world.pay("jsmith2").await;
    assert!(!world.users().await[0].added_to_directory);
    assert_eq!(world.worker().deliver_due().await.unwrap(), 3);
    assert!(world.users().await[0].added_to_directory);

    let calls = others.calls();
    let find = |path: &str| calls.iter().rfind(|call| call.path == path).unwrap();
    assert_eq!(find("/activedirectory/add").body, json!({ "netid": "jsmith2" }));
    let subject = &find("/notification").body["services"][0]["subject"];
    assert_eq!(subject, "Thanks for your membership payment for ACM");
}

#[tokio::test]
async fn an_effect_comes_again_under_the_same_key_until_it_is_taken() {
    let others = Receiver::start().await;
    let world = World::with_peers(&others.url).await;
    world.join("jsmith2", 100_000_001).await;
    world.pay("jsmith2").await;
    others.set_out_of_order(true);
    for _ in 0..3 {
        assert_eq!(world.worker().deliver_due().await.unwrap(), 0);
        world.clock.advance(FAR_BEYOND_THE_BACKOFF);
    }
    others.set_out_of_order(false);
    assert_eq!(world.worker().deliver_due().await.unwrap(), 5);
    world.clock.advance(FAR_BEYOND_THE_BACKOFF);
    assert_eq!(world.worker().deliver_due().await.unwrap(), 0);

    let mut by_key = BTreeMap::<_, Vec<_>>::new();
    for call in others.calls() {
        by_key.entry(call.idempotency_key).or_default().push((call.path, call.body));
    }
    assert_eq!(by_key.len(), 5);
    for (key, calls) in by_key {
        assert_eq!((key.len(), calls.len()), (32, 4));
        assert!(calls.iter().all(|call| *call == calls[0]));
    }
}

#[tokio::test]
async fn what_was_recorded_before_a_crash_is_delivered_after_it() {
    let others = Receiver::start().await;
    let world = World::with_peers(&others.url).await;
    world.join("jsmith2", 100_000_001).await;
    // A worker takes a row and dies before it is delivered: the row is leased, and nothing arrives.
    let taken = sqlx::query(
        "UPDATE outbox SET next_attempt_at = next_attempt_at + INTERVAL 30 SECOND,
                           attempts = attempts + 1
         WHERE peer = 'auth'",
    );
    taken.execute(&world.db.pool()).await.unwrap();
    assert_eq!(world.worker().deliver_due().await.unwrap(), 1);
    world.clock.advance(TimeDelta::seconds(30));
    assert_eq!(world.worker().deliver_due().await.unwrap(), 1);
    let paths: Vec<_> = others.calls().into_iter().map(|call| call.path).collect();
    assert_eq!(paths, ["/internal/accounts", "/notification"]);
}

#[tokio::test]
async fn two_workers_deliver_each_effect_once() {
    let others = Receiver::start().await;
    let world = World::with_peers(&others.url).await;
    for (uin, netid) in (100_000_001..).zip(["one1", "two2", "three3", "four4"]) {
        world.join(netid, uin).await;
        world.pay(netid).await;
    }
    let (one, two) = (world.worker(), world.worker());
    let (one, two) = tokio::join!(one.deliver_due(), two.deliver_due());
    assert_eq!(one.unwrap() + two.unwrap(), 20);
    assert_eq!(others.calls().len(), 20);
}

#[tokio::test]
async fn a_member_gets_an_account_of_credits_at_once() {
    let credits = FakeCredits::start().await;
    let world = World::with_urls(&format!("credits={}", credits.url())).await;
    world.join("jsmith2", 100_000_001).await;
    credits.give("jsmith2", 0);
    world.pay("jsmith2").await;
    world.worker().deliver_due().await.unwrap();
    let received = credits.received();
    assert!(received.iter().any(|call| call.operation == Operation::OpenAccount), "{received:?}");
}

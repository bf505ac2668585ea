//! Requests that are sent again.

use futures_util::future::join_all;

use super::*;
use crate::concurrency::until_done;

const PATH: &str = "/credits/transfers";

fn gift(amount: i64) -> Value {
    json!({ "to": "melik3", "amount": amount, "description": "again" })
}

#[tokio::test]
async fn one_key_a_hundred_times_at_once_has_one_effect_and_identical_replies() {
    let world = World::start().await;
    world.set("marga2", 500).await;
    let giver = world.app.member("marga2");
    let body = gift(7);
    let replies = join_all((0..100).map(|_| until_done(&giver, &body, "same"))).await;
    let mut bodies: Vec<_> = replies.iter().map(|reply| &reply.body).collect();
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "the replies differ");
    assert_eq!(world.balance("marga2").await.balance, 493);
    assert_eq!(world.problems().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_key_is_kept_for_a_week_and_over_a_restart() {
    let world = World::start().await;
    let first = world.app.member("marga2").post_once(PATH, &gift(7), "same").await;
    world.clock.advance(chrono::TimeDelta::days(6));
    grove_outbox::retention::forget_keys(&world.db.pool(), world.clock.now()).await.unwrap();
    let again = world.app.member("marga2").post_once(PATH, &gift(7), "same").await;
    assert_eq!((first.status, first.body), (again.status, again.body));
    assert_eq!(world.balance("melik3").await.balance, INITIAL + 7);
}

#[tokio::test]
async fn a_key_of_a_service_is_kept_as_long_as_its_effect_may_be_delivered_again() {
    let world = World::start().await;
    let gigs = world.app.service("gigs");
    let pay = json!({ "from": { "system": "mint" }, "to": { "member": "melik3" }, "amount": 7, "description": "A gig" });
    let first = gigs.post_once("/internal/transfers", &pay, "payment of gig 1").await;
    ok(&first);
    world.clock.advance(chrono::TimeDelta::days(370));
    grove_outbox::retention::forget_keys(&world.db.pool(), world.clock.now()).await.unwrap();
    let again = gigs.post_once("/internal/transfers", &pay, "payment of gig 1").await;
    assert_eq!((first.status, first.body), (again.status, again.body));
    assert_eq!(world.balance("melik3").await.balance, INITIAL + 7);
}

#[tokio::test]
async fn a_key_that_comes_with_another_request_is_refused() {
    let world = World::start().await;
    let giver = world.app.member("marga2");
    ok(&giver.post_once(PATH, &gift(7), "same").await);
    let other = giver.post_once(PATH, &gift(8), "same").await;
    assert_eq!(refusal(&other).0, 422);
    assert_eq!(world.balance("melik3").await.balance, INITIAL + 7);
}

#[tokio::test]
async fn equal_keys_of_two_people_have_nothing_to_do_with_each_other() {
    let world = World::start().await;
    ok(&world.app.member("marga2").post_once(PATH, &gift(7), "same").await);
    ok(&world.app.member("mona4").post_once(PATH, &gift(9), "same").await);
    assert_eq!(world.balance("melik3").await.balance, INITIAL + 16);
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let world = World::start().await;
    for key in ["", &"x".repeat(201)] {
        let reply = world.app.member("marga2").post_once(PATH, &gift(7), key).await;
        assert_eq!(refusal(&reply).0, 400);
    }
}

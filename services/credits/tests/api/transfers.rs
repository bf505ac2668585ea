//! Members give each other credits.

use super::*;

const PATH: &str = "/credits/transfers";

fn gift(amount: impl Into<Value>) -> Value {
    json!({ "to": "melik3", "amount": amount.into(), "description": "for the pizza" })
}

#[tokio::test]
async fn a_member_gives_another_credits_and_both_see_it() {
    let world = World::start().await;
    let giver = world.app.member("marga2");
    let done: Transaction = ok(&giver.post_once(PATH, &gift(120), "one").await).json();
    assert_eq!((done.user.as_deref(), done.amount), (Some("marga2"), -120));
    assert_eq!((done.actor.as_str(), done.description.as_str()), ("marga2", "for the pizza"));
    assert_eq!(world.balance("marga2").await.balance, INITIAL - 120);
    assert_eq!(world.balance("melik3").await.balance, INITIAL + 120);
    let history: Value = world.app.member("melik3").get("/credits/transactions").await.json();
    assert_eq!(history["balance"], INITIAL + 120);
    let lines = history["transactions"].as_array().unwrap();
    assert_eq!((&lines[0]["amount"], &lines[0]["user"]), (&json!(120), &json!("melik3")));
    assert_eq!(lines[1]["description"], "Initial balance");
    assert_eq!(world.problems().await, Vec::<String>::new());
}

#[tokio::test]
async fn nobody_gives_what_they_do_not_have() {
    let world = World::start().await;
    let giver = world.app.member("marga2");
    let short = giver.post_once(PATH, &gift(501), "one").await;
    assert_eq!(refusal(&short), (402, "This needs 501 credits, and 500 are available".to_owned()));
    assert_eq!(world.balance("marga2").await.balance, INITIAL);
    // The refusal had no effect, so its key is free.
    ok(&giver.post_once(PATH, &gift(500), "one").await);
    assert_eq!(world.balance("marga2").await.available, 0);
}

#[tokio::test]
async fn a_transfer_that_makes_no_sense_is_refused_and_changes_nothing() {
    let world = World::start().await;
    let giver = world.app.member("marga2");
    for (body, status) in [
        (gift(0), 400),
        (gift(-5), 400),
        (gift(1.5), 400),
        (gift("many"), 400),
        (gift(10_000_001), 400),
        (gift(i64::MAX), 400),
        (json!({ "to": "melik3" }), 400),
        (json!({ "amount": 5 }), 400),
        (json!({ "to": 7, "amount": 5 }), 400),
        (json!({ "to": "Melik3; DROP", "amount": 5 }), 400),
        (json!({ "to": "marga2", "amount": 5 }), 400),
        (json!({ "to": "aline2", "amount": 5 }), 404),
        (json!({ "to": "zoe2", "amount": 5 }), 404),
        (json!({ "to": "melik3", "amount": 5, "description": "x".repeat(201) }), 400),
        (json!({ "to": "melik3", "amount": 5, "description": "a\nb" }), 400),
        (json!({ "to": "melik3", "amount": 5, "description": "a\u{202e}b" }), 400),
    ] {
        let reply = giver.post_once(PATH, &body, "one").await;
        assert_eq!(reply.status.as_u16(), status, "{body}");
        reply.error();
    }
    let without_key = giver.post(PATH, &gift(5)).await;
    assert_eq!(without_key.status, 400);
    assert_eq!(world.app.client().post_once(PATH, &gift(5), "one").await.status, 401);
    assert_eq!(world.app.member("aline2").post_once(PATH, &gift(5), "one").await.status, 404);
    assert_eq!(world.problems().await, Vec::<String>::new());
    let known: Vec<Balance> = world.app.officer("officer1").get("/credits/users").await.json();
    assert!(known.iter().all(|balance| balance.balance == INITIAL), "{known:?}");
}

#[tokio::test]
async fn numbers_may_come_as_text() {
    let world = World::start().await;
    let giver = world.app.member("marga2");
    let done: Transaction = ok(&giver.post_once(PATH, &gift("30"), "one").await).json();
    assert_eq!(done.amount, -30);
}

#[tokio::test]
async fn when_it_is_not_known_who_is_a_member_the_answer_is_to_try_again() {
    let world = World::start().await;
    world.users_are_away();
    let reply = world.app.member("marga2").post_once(PATH, &gift(5), "one").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.headers["retry-after"], "7", "as users says");
}

#[tokio::test]
async fn who_is_no_member_any_more_gets_nothing_but_a_repeated_request_its_reply() {
    let world = World::start().await;
    let giver = world.app.member("marga2");
    let done = giver.post_once(PATH, &gift(5), "one").await;
    world.standing("melik3", Standing::Expired);
    let again = giver.post_once(PATH, &gift(5), "one").await;
    assert_eq!((ok(&done).status, &done.body), (again.status, &again.body));
    assert_eq!(giver.post_once(PATH, &gift(5), "two").await.status, 404);
    assert_eq!(world.balance("melik3").await.balance, INITIAL + 5);
}

#[tokio::test]
async fn who_is_a_member_is_remembered_for_a_moment_while_users_is_away() {
    let world = World::start().await;
    world.state.members.reconcile().await.unwrap();
    world.users_are_away();
    let giver = world.app.member("marga2");
    ok(&giver.post_once(PATH, &gift(5), "one").await);
    world.clock.advance(chrono::TimeDelta::seconds(91));
    assert_eq!(giver.post_once(PATH, &gift(5), "two").await.status, 503);
}

#[tokio::test]
async fn who_has_not_paid_or_not_renewed_is_told_so_and_moves_nothing() {
    let world = World::start().await;
    world.adjust("marga2", 10).await;
    for standing in [Standing::Applicant, Standing::Expired] {
        let person = world.app.standing("marga2", &[], standing);
        let expected = (403, standing.refusal().unwrap().to_owned());
        assert_eq!(refusal(&person.post_once(PATH, &gift(5), "one").await), expected);
        let top_up = json!({ "amount": 1000 });
        assert_eq!(refusal(&person.post_once("/credits/top-ups", &top_up, "one").await), expected);
        let old = json!({ "netid": "marga2", "amount": 1000, "token": "tok_1" });
        assert_eq!(refusal(&person.post("/payment", &old).await), expected);
        // What is theirs they see.
        let history: Value = ok(&person.get("/credits/transactions").await).json();
        assert_eq!(history["balance"], INITIAL + 10);
        ok(&person.get("/credits/export").await);
    }
    assert_eq!(world.stripe.charged(), 0);
}

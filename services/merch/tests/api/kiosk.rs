//! Purchases at a kiosk, as old kiosks make them.

use chrono::TimeDelta;
use grove_testing::{Person, Reply};
use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    World,
    ledger::{Call, DOWN},
    world::Plan,
};
use grove_vending_machine::FaultKind;

async fn buy(world: &World, body: Value) -> Reply {
    let _time = world.time_passes();
    world.app.client().post("/merch/transactions", &body).await
}

#[tokio::test]
async fn a_member_buys_with_a_pin() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 3).await;
    let tea = world.stock("A2", "Tea", 0, 3).await;
    let pin = world.pin("jsmith2").await;
    let body = json!({ "items": [coke, coke.to_string(), tea], "pin": pin });
    let reply = buy(&world, body).await;
    assert_eq!(reply.status, 200);
    let reply: Value = reply.json();
    assert_eq!(reply["error"], Value::Null);
    let data = &reply["data"];
    assert_eq!(data["cost"], 150);
    assert_eq!(data["created_on"], "2026-10-01");
    assert_eq!(data["state"], "done");
    assert_eq!(data["user"]["netid"], "jsmith2");
    assert_eq!(data["user"]["pin"], Value::Null);
    let items: Vec<_> =
        data["items"].as_array().unwrap().iter().map(|item| &item["name"]).collect();
    assert_eq!(items, ["Coke", "Coke", "Tea"]);
    assert_eq!(data["outcomes"][1]["outcome"], "vended");

    world.settle().await;
    assert_eq!(world.ledger.balance("jsmith2"), 850);
    let slots: Vec<_> = world.machine.drops().into_iter().map(|drop| drop.slot).collect();
    assert_eq!(slots, ["A1", "A1", "A2"]);
    assert_eq!((world.quantity("A1").await, world.quantity("A2").await), (1, 2));
    assert_eq!(world.ledger.holds()[0].description, "Merch Transaction: Coke");
    world.audit(6).await;
}

#[tokio::test]
async fn refusals_come_in_the_order_that_kiosks_know() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 1001, 1).await;
    let tea = world.stock("A2", "Tea", 1, 0).await;
    world.ledger.give("jsmith2", 1000);
    let pin = world.pin("jsmith2").await;
    let out_of_stock =
        |name| format!("{name} is out of stock. Please ask someone to refill this item.");
    let cases = [
        (json!({}), 400, "Missing items".to_owned()),
        (json!({ "items": [], "pin": pin }), 400, "Missing items".to_owned()),
        (json!({ "items": "" }), 400, "Missing items".to_owned()),
        (json!({ "items": null }), 400, "Missing items".to_owned()),
        (json!({ "items": "1" }), 400, "Items should be specified in an array".to_owned()),
        (json!({ "items": { "a": 1 } }), 400, "Items should be specified in an array".to_owned()),
        (json!({ "items": 1 }), 400, "Items should be specified in an array".to_owned()),
        (json!({ "items": [99] }), 400, "Missing pin".to_owned()),
        (json!({ "items": [99], "pin": "" }), 400, "Missing pin".to_owned()),
        (json!({ "items": [99], "pin": "1" }), 404, "No such user exists with that pin".to_owned()),
        (json!({ "items": [99], "pin": pin }), 404, "Item not found".to_owned()),
        (json!({ "items": [tea, 99], "pin": pin }), 400, out_of_stock("Tea")),
        (json!({ "items": [coke, tea], "pin": pin }), 400, out_of_stock("Tea")),
        (json!({ "items": [coke, coke], "pin": pin }), 400, out_of_stock("Coke")),
        (
            json!({ "items": [coke], "pin": pin }),
            400,
            "User does not have sufficient credits".to_owned(),
        ),
        (
            json!({ "items": vec![coke; 11], "pin": pin }),
            400,
            "At most 10 things can be bought at once".to_owned(),
        ),
        (json!({ "items": ["coke"], "pin": pin }), 404, "Item not found".to_owned()),
        (json!([]), 400, "The body has to be a JSON object".to_owned()),
    ];
    for (body, status, error) in cases {
        let reply = world.app.client().post("/merch/transactions", &body).await;
        assert_eq!((reply.status.as_u16(), reply.error()), (status, error), "{body}");
    }
    world.ledger.fail(Call::Balance, DOWN, 1);
    let body = json!({ "items": [coke], "pin": pin });
    let reply = world.app.client().post("/merch/transactions", &body).await;
    assert_eq!(reply.status, 503);
    assert_eq!(reply.error(), "Error fetching balance. Please check the credits service.");
    assert_eq!(world.count("SELECT COUNT(*) FROM purchases").await, 0);
    assert_eq!(world.quantity("A1").await, 1);
    assert!(world.ledger.holds().is_empty());
}

#[tokio::test]
async fn the_buyer_learns_what_failed_and_that_it_was_not_charged() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 3).await;
    let tea = world.stock("A2", "Tea", 50, 3).await;
    let pin = world.pin("jsmith2").await;
    world.fault(FaultKind::Jam, 1);
    let reply = buy(&world, json!({ "items": [coke, tea], "pin": pin })).await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    assert_eq!(reply.error(), "One of your items could not vend properly.");
    let problem: Value = reply.json();
    assert_eq!(problem["message"], "Coke: The vending machine jammed. It was not charged.");
    assert_eq!(problem["data"]["cost"], 50);
    assert_eq!(problem["data"]["outcomes"][0]["outcome"], "refunded");
    assert_eq!(problem["data"]["outcomes"][1]["outcome"], "vended");
    world.settle().await;
    assert_eq!(world.ledger.balance("jsmith2"), 950);
    world.audit(6).await;
}

#[tokio::test]
async fn a_purchase_that_takes_too_long_is_pending() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 3).await;
    let pin = world.pin("jsmith2").await;
    // No worker works.
    let body = json!({ "items": [coke], "pin": pin });
    let reply = world.app.client().post_once("/merch/transactions", &body, "kiosk-1").await;
    assert_eq!(reply.status, StatusCode::ACCEPTED);
    let pending: Value = reply.json();
    assert_eq!((&pending["error"], &pending["data"]["state"]), (&Value::Null, &json!("pending")));
    assert_eq!(pending["data"]["cost"], 75);
    world.settle().await;

    // The same request again tells what came of it, and buys nothing.
    let reply = world.app.client().post_once("/merch/transactions", &body, "kiosk-1").await;
    let done: Value = reply.json();
    assert_eq!(reply.status, 200);
    assert_eq!(
        (&done["data"]["id"], &done["data"]["state"]),
        (&pending["data"]["id"], &json!("done"))
    );
    let other = json!({ "items": [coke, coke], "pin": pin });
    let reply = world.app.client().post_once("/merch/transactions", &other, "kiosk-1").await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    world.audit(3).await;
}

#[tokio::test]
async fn nothing_is_sold_without_a_machine() {
    let world = World::with(Plan { connected: false, ..Plan::default() }).await;
    let coke = world.stock("A1", "Coke", 75, 3).await;
    let pin = world.pin("jsmith2").await;
    let body = json!({ "items": [coke], "pin": pin });
    for reply in [
        world.app.client().post("/merch/transactions", &body).await,
        world.order("jsmith2", &[coke]).await,
    ] {
        assert_eq!(reply.status, StatusCode::CONFLICT);
        assert_eq!(reply.error(), "The vending machine is not connected");
    }
    assert_eq!(world.quantity("A1").await, 3);
}

#[tokio::test]
async fn only_current_members_buy() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 3).await;
    let pin = world.pin("jsmith2").await;
    world.ledger.expire("jsmith2");
    let body = json!({ "items": [coke], "pin": pin });
    for reply in [
        world.app.client().post("/merch/transactions", &body).await,
        world.order("jsmith2", &[coke]).await,
    ] {
        assert_eq!(
            (reply.status, reply.error().as_str()),
            (StatusCode::FORBIDDEN, "Only current members can buy")
        );
    }
    world.ledger.forget_members_once();
    assert_eq!(world.app.client().post("/merch/transactions", &body).await.status, 503);
    assert_eq!(world.count("SELECT COUNT(*) FROM purchases").await, 0);
}

#[tokio::test]
async fn what_was_made_today_was_made_on_the_day_of_the_chapter() {
    let world = World::with(Plan { time_zone: "America/Chicago", ..Plan::default() }).await;
    // The evening of 1 October in Chicago is 2 October in UTC.
    world.clock.advance(TimeDelta::hours(14));
    let coke = world.stock("A1", "Coke", 75, 3).await;
    let pin = world.pin("jsmith2").await;
    let bought: Value = buy(&world, json!({ "items": [coke], "pin": pin })).await.json();
    let of = |person: Person, path: String| async move {
        person.get(&path).await.json::<Value>()["data"]["created_on"].clone()
    };
    let seen = [
        bought["data"]["created_on"].clone(),
        bought["data"]["items"][0]["created_on"].clone(),
        bought["data"]["user"]["created_on"].clone(),
        of(world.app.client(), format!("/merch/items/{coke}")).await,
        of(world.app.member("jsmith2"), "/merch/users/jsmith2".to_owned()).await,
    ];
    assert_eq!(seen, ["2026-10-01"; 5]);
}

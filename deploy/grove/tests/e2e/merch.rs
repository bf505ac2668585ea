//! Buying from the vending machine, with every service in its place.

use std::time::{Duration, Instant};

use grove_shared::Role;
use serde_json::json;

use crate::world::{Caller, World};

/// Asks for a member's balance until it is so, which their approval brings within seconds.
async fn until_balance(member: &Caller, netid: &str, expected: i64) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let seen = member.get(&format!("/credits/users/{netid}")).await.json;
        if seen["available"] == expected && seen["held"] == 0 {
            return;
        }
        assert!(Instant::now() < deadline, "{netid} has {seen}, not {expected}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_member_buys_with_a_pin_at_the_kiosk_and_signed_in_on_the_website() {
    let world = World::start().await;
    let officer = world.person("officer1", &[Role::Admin]).await;
    let member = world.person("buyer1", &[]).await;
    let item = json!({ "name": "Cola", "price": "125", "image_url": "https://example.edu/cola.png",
                       "quantity": "2", "location": "A1" });
    assert_eq!(officer.post("/merch/items", &item).await.status, 200);
    let id = officer.get("/merch/items").await.json["data"][0]["id"].as_u64().unwrap();

    let pin = member.post("/merch/users/buyer1/pin", &json!({})).await;
    let pin = pin.json["data"]["pin"].as_str().unwrap().to_owned();
    let (kiosk, purchase) = (world.client(), json!({ "items": [id], "pin": pin }));
    let bought = kiosk.post("/merch/transactions", &purchase).await;
    assert_eq!(
        (bought.status, &bought.json["data"]["cost"]),
        (200, &json!(125)),
        "{}",
        bought.json
    );
    until_balance(&member, "buyer1", 375).await;

    let wish = json!({ "items": [id] });
    let first = member.post_once("/merch/purchases", &wish, "one").await;
    let again = member.post_once("/merch/purchases", &wish, "one").await;
    assert_eq!(first.json["id"], again.json["id"], "{} {}", first.json, again.json);
    until_balance(&member, "buyer1", 250).await;
    let sold_out = member.post_once("/merch/purchases", &wish, "two").await;
    assert_eq!(sold_out.status, 400, "{}", sold_out.json);

    let history = member.get("/credits/transactions").await.json;
    let spent: Vec<i64> = history["transactions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["amount"].as_i64().unwrap())
        .collect();
    assert_eq!(spent, [-125, -125, 500]);
    let proof = officer.get("/credits/audit").await.json;
    assert_eq!(proof["problems"], json!([]));
    world.end().await;
}

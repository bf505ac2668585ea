//! PINs: shown once, kept as a keyed hash, locked after five wrong tries.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use grove_merch_api::Customer;
use grove_shared::{Standing, envelope::Data, page::Page};
use grove_testing::{Person, Reply};
use http::{StatusCode, header};
use serde_json::{Value, json};

use crate::{
    World,
    ledger::{Call, DOWN},
    world::Plan,
};

async fn ask(kiosk: &Person, pin: &str) -> Reply {
    kiosk.post("/merch/users/pins", &json!({ "pin": pin })).await
}

fn wrong(pin: &str) -> String {
    // Not the PIN, and not a PIN that a test makes but with a chance of one in a hundred million.
    if pin == "12345678" { "12345679".to_owned() } else { "12345678".to_owned() }
}

#[tokio::test]
async fn a_pin_is_shown_in_one_reply_only() {
    let world = World::new().await;
    let pin = world.pin("jsmith2").await;
    assert!(pin.len() == 8 && pin.bytes().all(|b| b.is_ascii_digit()));
    let reply = ask(&world.app.client(), &pin).await;
    let customer: Value = reply.json();
    let expected = json!({
        "id": 1, "netid": "jsmith2", "pin": null, "has_pin": true, "balance": 1000,
        "balance_error": null, "created_on": "2026-10-01",
    });
    assert_eq!(customer["data"], expected);
    let own = world.app.member("jsmith2").get("/merch/users/jsmith2").await;
    let all = world.officer().get("/merch/users").await;
    assert_eq!(own.json::<Value>()["data"], expected);
    assert_eq!(all.json::<Value>()["data"], json!([expected]));

    let kept = "SELECT COUNT(*) FROM customers WHERE LENGTH(pin_hash) = 32";
    assert_eq!(world.count(kept).await, 1);
    let hash: Vec<u8> = sqlx::query_scalar("SELECT pin_hash FROM customers")
        .fetch_one(&world.db.pool())
        .await
        .unwrap();
    assert_ne!(hash, grove_shared::token::hash(&pin));
}

#[tokio::test]
async fn another_pin_takes_the_place_of_the_first() {
    let world = World::new().await;
    let first = world.pin("jsmith2").await;
    let second = world.pin("jsmith2").await;
    assert_ne!(first, second);
    let kiosk = world.app.client();
    assert_eq!(ask(&kiosk, &first).await.status, 404);
    assert_eq!(ask(&kiosk, &second).await.status, 200);
    let number: u32 = second.parse().unwrap();
    assert_eq!(kiosk.post("/merch/users/pins", &json!({ "pin": number })).await.status, 200);
}

#[tokio::test]
async fn a_pin_is_made_by_its_owner_who_is_a_member() {
    let world = World::new().await;
    let path = "/merch/users/jsmith2/pin";
    assert_eq!(world.app.client().post(path, &json!({})).await.status, 401);
    assert_eq!(world.app.member("mdoe3").post(path, &json!({})).await.status, 403);
    assert_eq!(world.officer().post(path, &json!({})).await.status, 403);
    world.ledger.expire("jsmith2");
    let reply = world.app.member("jsmith2").post(path, &json!({})).await;
    assert_eq!(
        (reply.status, reply.error().as_str()),
        (StatusCode::FORBIDDEN, "Only current members can buy")
    );
    assert_eq!(world.count("SELECT COUNT(*) FROM customers").await, 0);
}

#[tokio::test]
async fn five_wrong_pins_lock_the_kiosk_for_a_quarter_of_an_hour() {
    let world = World::new().await;
    let pin = world.pin("jsmith2").await;
    let kiosk = world.app.client_at("kiosk", [10, 0, 0, 1].into());
    for guess in [wrong(&pin), "0".to_owned(), "x".repeat(500), wrong(&pin), "📌".to_owned()] {
        let reply = ask(&kiosk, &guess).await;
        assert_eq!(reply.status, 404);
        assert_eq!(reply.error(), "No such user exists with that pin");
    }
    let body = json!({ "items": [1], "pin": pin });
    for reply in [ask(&kiosk, &pin).await, kiosk.post("/merch/transactions", &body).await] {
        assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(reply.headers[header::RETRY_AFTER], "900");
        assert_eq!(reply.error(), "Too many wrong PINs, please wait");
    }
    // Others are not locked: another place, another application.
    for other in [
        world.app.client_at("kiosk", [10, 0, 0, 2].into()),
        world.app.client_at("app", [10, 0, 0, 1].into()),
    ] {
        assert_eq!(ask(&other, &pin).await.status, 200);
    }
    world.clock.advance(TimeDelta::minutes(15) - TimeDelta::seconds(1));
    assert_eq!(ask(&kiosk, &pin).await.headers[header::RETRY_AFTER], "1");
    world.clock.advance(TimeDelta::seconds(1));
    assert_eq!(ask(&kiosk, &pin).await.status, 200);
}

#[tokio::test]
async fn a_right_pin_begins_the_count_anew() {
    let world = World::new().await;
    let pin = world.pin("jsmith2").await;
    let kiosk = world.app.client();
    for _ in 0..3 {
        for _ in 0..4 {
            assert_eq!(ask(&kiosk, &wrong(&pin)).await.status, 404);
        }
        assert_eq!(ask(&kiosk, &pin).await.status, 200);
    }
}

#[tokio::test]
async fn many_guesses_at_once_are_no_more_than_five() {
    let world = World::new().await;
    world.pin("jsmith2").await;
    let kiosk = world.app.client();
    let guesses = (0..30).map(|guess| {
        let kiosk = kiosk.clone();
        async move { ask(&kiosk, &guess.to_string()).await.status.as_u16() }
    });
    let mut statuses = futures_util::future::join_all(guesses).await;
    statuses.sort_unstable();
    assert_eq!(statuses[..5], [404; 5]);
    assert!(statuses[5..].iter().all(|status| *status == 429), "{statuses:?}");
}

#[tokio::test]
async fn many_addresses_do_not_help_who_guesses() {
    let world = World::new().await;
    let pin = world.pin("jsmith2").await;
    for place in 0..50 {
        let kiosk = world.app.client_at("kiosk", [10, 0, 0, place].into());
        assert_eq!(ask(&kiosk, &wrong(&pin)).await.status, 404);
    }
    let kiosk = world.app.client_at("kiosk", [10, 0, 1, 1].into());
    assert_eq!(ask(&kiosk, &pin).await.status, 429);
}

#[tokio::test]
async fn a_missing_pin_is_named() {
    let world = World::new().await;
    for body in [json!({}), json!({ "pin": "" }), json!({ "pin": null })] {
        let reply = world.app.client().post("/merch/users/pins", &body).await;
        assert_eq!(
            (reply.status, reply.error().as_str()),
            (StatusCode::BAD_REQUEST, "Missing pin")
        );
    }
    let reply = world.app.client().post("/merch/users/pins", &json!({ "pin": [1] })).await;
    assert_eq!(reply.status, 400);
}

#[tokio::test]
async fn without_a_key_there_are_no_pins() {
    let world = World::with(Plan { with_pins: false, ..Plan::default() }).await;
    let reply = world.app.member("jsmith2").post("/merch/users/jsmith2/pin", &json!({})).await;
    assert_eq!(
        (reply.status, reply.error().as_str()),
        (StatusCode::CONFLICT, "PINs are not set up here")
    );
    assert_eq!(ask(&world.app.client(), "12345678").await.status, 409);
}

#[tokio::test]
async fn pins_differ() {
    let world = World::new().await;
    let mut pins = BTreeSet::new();
    for netid in ["ab1", "ab2", "ab3", "ab4", "ab5"] {
        world.ledger.give(netid, 0);
        pins.insert(world.pin(netid).await);
    }
    assert_eq!(pins.len(), 5);
}

#[tokio::test]
async fn a_member_is_seen_by_self_and_officers() {
    let world = World::new().await;
    world.ledger.give("mdoe3", 5);
    let path = "/merch/users/jsmith2";
    assert_eq!(world.app.client().get(path).await.status, 401);
    let reply = world.app.member("mdoe3").get(path).await;
    assert_eq!(reply.status, 403);
    assert_eq!(world.app.client().get("/merch/users").await.status, 401);
    assert_eq!(world.app.member("mdoe3").get("/merch/users").await.status, 403);
    let seen = world.officer().get(path).await.json::<Data<Customer>>().data;
    assert_eq!((seen.id, seen.has_pin, seen.balance), (None, false, Some(1000)));
    // Looking makes no customer.
    assert_eq!(world.count("SELECT COUNT(*) FROM customers").await, 0);

    world.ledger.expire("mdoe3");
    for nobody in ["mdoe3", "nobody1", "NOT-A-NETID"] {
        let reply = world.officer().get(&format!("/merch/users/{nobody}")).await;
        assert_eq!(reply.status, 404);
        assert_eq!(reply.error(), "User netid was not found in users service");
    }
}

#[tokio::test]
async fn a_balance_that_is_not_known_is_not_shown_as_nothing() {
    let world = World::new().await;
    let pin = world.pin("jsmith2").await;
    world.ledger.fail(Call::Balance, DOWN, 10);
    let own = world.app.member("jsmith2").get("/merch/users/jsmith2").await;
    let at_kiosk = ask(&world.app.client(), &pin).await;
    for customer in [own.json::<Value>(), at_kiosk.json::<Value>()] {
        assert_eq!(customer["data"]["balance"], Value::Null);
        assert_eq!(customer["data"]["balance_error"], "The credits service does not answer");
    }
    let all = world.officer().get("/merch/users").await.json::<Value>();
    assert_eq!(all["data"][0]["balance"], Value::Null);
    world.ledger.forget_members_once();
    let reply = world.app.member("jsmith2").get("/merch/users/jsmith2").await;
    assert_eq!(reply.status, 503);
    assert!(reply.headers.contains_key(header::RETRY_AFTER));
}

#[tokio::test]
async fn only_members_of_today_make_pins_and_buy() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 3).await;
    for standing in [Standing::Applicant, Standing::Expired] {
        let person = world.app.standing("jsmith2", &[], standing);
        for reply in [
            person.post("/merch/users/jsmith2/pin", &json!({})).await,
            person.post_once("/merch/purchases", &json!({ "items": [coke] }), "one").await,
        ] {
            assert_eq!(reply.status, 403);
            assert!(reply.error().starts_with("This is for members"), "{}", reply.error());
        }
    }
}

#[tokio::test]
async fn customers_are_read_page_by_page() {
    let world = World::new().await;
    let netids = ["zroe", "ab2", "ab1", "mdoe3", "adam"];
    for netid in netids {
        world.ledger.give(netid, 7);
        world.pin(netid).await;
    }
    let mut path = Some("/merch/users?limit=2".to_owned());
    let mut seen = Vec::new();
    while let Some(next) = path {
        let reply = world.officer().get(&next).await;
        let page: Page<Customer> = reply.json();
        assert!(page.items.iter().all(|customer| customer.balance == Some(7)));
        seen.extend(page.items.into_iter().map(|customer| customer.netid));
        path = page.next.map(|next| format!("/merch/users?after={next}&limit=2"));
        let link = path.as_ref().map(|path| format!("<{path}>; rel=\"next\""));
        assert_eq!(reply.headers.get("link").map(|link| link.to_str().unwrap()), link.as_deref());
    }
    assert_eq!(seen, netids);
}

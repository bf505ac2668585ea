//! The vending machine, for visitors and members.

use grove_credits_api::Balance;
use grove_merch_api::{
    Customer, Item, Location, LocationItem, NewPin, Purchase, PurchaseItem, Purchases,
};
use http::Method;
use serde_json::json;

use crate::{
    browser::Browser,
    gateway::{FakeGateway, data, named},
    members::{HOSTILE, signed_in},
    members_credits::{balance, key},
};

pub(crate) fn slot(name: &str, item: Option<LocationItem>, quantity: u32) -> Location {
    let (row, column) = name.split_at(1);
    let (row, column) = (row.to_owned(), column.parse().unwrap());
    Location { id: 1, row, column, location: name.to_owned(), quantity, item }
}

pub(crate) fn coke() -> LocationItem {
    let image = Some("https://img.example/coke.png".to_owned());
    LocationItem { id: 3, name: "Coke".to_owned(), price: 125, image }
}

pub(crate) fn item(id: u64, name: &str, price: u32) -> Item {
    Item {
        id,
        price,
        name: name.to_owned(),
        image: None,
        created_on: named("2026-01-02"),
        vending: vec![slot("A1", Some(coke()), 4)],
        in_stock: true,
        total_stock: 4,
    }
}

pub(crate) fn bought(id: u64, state: &str, items: &[PurchaseItem]) -> Purchase {
    Purchase {
        id,
        netid: "jsmith2".to_owned(),
        at_kiosk: false,
        state: named(state),
        cost: 125,
        items: items.to_vec(),
        created_at: named("2026-11-22T09:33:41Z"),
    }
}

pub(crate) fn thing(number: u32, outcome: &str, charged: bool) -> PurchaseItem {
    PurchaseItem {
        number,
        item_id: 3,
        name: "Coke".to_owned(),
        price: 125,
        location: "A1".to_owned(),
        outcome: named(outcome),
        charged,
        reason: None,
        resolution: None,
    }
}

/// Someone who may buy.
pub(crate) fn customer(has_pin: bool, balance: i64) -> Customer {
    Customer {
        id: Some(1),
        netid: "jsmith2".to_owned(),
        pin: None,
        has_pin,
        balance: Some(balance),
        balance_error: None,
        created_on: None,
    }
}

pub(crate) async fn with_machine() -> FakeGateway {
    let gateway = FakeGateway::start().await;
    let hostile = LocationItem { id: 4, name: HOSTILE.to_owned(), price: 0, image: None };
    let slots = [
        slot("B1", Some(hostile), 0),
        slot("A2", None, 0),
        slot("A1", Some(coke()), 4),
        slot("A3", Some(coke()), 1),
    ];
    gateway.answers(Method::GET, "/merch/locations", 200, data(slots));
    gateway.answers(Method::GET, "/merch/locations/A1", 200, data(slot("A1", Some(coke()), 4)));
    gateway.answers(Method::GET, "/merch/locations/A2", 200, data(slot("A2", None, 0)));
    let items = [item(3, "Coke", 125), item(4, "Water", 50)];
    gateway.answers(Method::GET, "/merch/items", 200, data(items));
    let balance = Balance { held: 100, available: 400, ..balance("jsmith2", 500) };
    gateway.answers(Method::GET, "/credits/users/jsmith2", 200, balance);
    gateway
}

#[tokio::test]
async fn the_map_looks_like_the_machine_and_offers_what_the_visitor_may_do() {
    let gateway = with_machine().await;
    let stranger = Browser::new(&gateway).get("/intranet/merch/items").await;
    assert_eq!(stranger.status, 200, "anybody may look");
    assert!(stranger.body.contains("Coke") && !stranger.body.contains("name=\"item-3\""));
    assert!(!stranger.body.contains("class=\"subnav\""));

    let page = signed_in(&gateway, &[]).get("/intranet/merch/items").await;
    let order: Vec<_> =
        [">A1<", ">A2<", ">A3<", ">B1<"].map(|name| page.body.find(name).unwrap()).into();
    assert!(order.is_sorted(), "rows from top to bottom, columns from left to right");
    for part in [
        "125 credits ($1.25)",
        "4 left",
        "sold out",
        "empty",
        "400 credits ($4.00)",
        "name=\"item-3\" min=\"0\" max=\"4\"",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
    assert!(page.body.contains("alert(1)") && !page.body.contains("<script>"));
    for part in ["/A2/new", "/edit", "/intranet/merch/sales"] {
        assert!(!page.body.contains(part), "{part}");
    }
    let page = signed_in(&gateway, &["top4"]).get("/intranet/merch/items").await;
    for part in ["/items/A2/new", "/items/3/A1/edit", "/intranet/merch/sales"] {
        assert!(page.body.contains(part), "{part}");
    }
    gateway.answers(Method::GET, "/credits/users/jsmith2", 503, json!({ "error": "down" }));
    assert_eq!(signed_in(&gateway, &[]).get("/intranet/merch/items").await.status, 200);
    assert_eq!(
        signed_in(&gateway, &[]).get("/intranet/merch").await.location(),
        "/intranet/merch/items"
    );
}

#[tokio::test]
async fn a_member_buys_after_a_second_look_and_once() {
    let gateway = with_machine().await;
    gateway.answers(Method::POST, "/merch/purchases", 201, bought(7, "done", &[]));
    let mut browser = signed_in(&gateway, &[]);
    let look = browser.get("/intranet/merch/buy?item-3=1&item-4=&item-3=1&item-4=1&x=1").await;
    assert_eq!(look.status, 200);
    for part in [
        "250 credits ($2.50)",
        "300 credits ($3.00)",
        "100 credits ($1.00)",
        "value=\"3,3,4\"",
        "Water",
    ] {
        assert!(look.body.contains(part), "{part}");
    }
    let key = key(&look);
    for _ in 0..2 {
        let done =
            browser.submit("/intranet/merch/buy", &[("items", "3,3,4"), ("key", &key)]).await;
        assert_eq!((done.status.as_u16(), done.location()), (303, "/intranet/merch/purchases/7"));
    }
    for call in gateway.calls(&Method::POST, "/merch/purchases") {
        assert_eq!(call.body, json!({ "items": [3, 3, 4] }));
        assert_eq!(call.headers["idempotency-key"], key.as_str());
    }
    for (query, expected) in [
        ("item-3=&item-4=0", "Choose something first"),
        ("", "Choose something first"),
        ("item-3=-1", "whole number"),
        ("item-3=11", "at most 10 things"),
        ("item-3=99999999999&item-4=9999999999", "at most 10 things"),
    ] {
        let back = browser.get(&format!("/intranet/merch/buy?{query}")).await;
        assert_eq!(back.location(), "/intranet/merch/items", "{query}");
        assert!(browser.get(back.location()).await.body.contains(expected), "{query}");
    }
    let page = browser.get("/intranet/merch/buy?item-3=4").await;
    assert!(page.body.contains("You do not have enough") && !page.body.contains("Buy for"));
    assert_eq!(browser.get("/intranet/merch/buy?item-77=1").await.status, 404);
}

#[tokio::test]
async fn what_stops_a_purchase_is_told_beside_what_was_chosen() {
    let gateway = with_machine().await;
    let mut browser = signed_in(&gateway, &[]);
    browser.get("/intranet/merch/buy?item-3=1").await;
    for (status, error) in [
        (400, "Coke is out of stock. Please ask someone to refill this item."),
        (402, "This needs 125 credits, and 3 are available"),
        (409, "The vending machine is not connected"),
    ] {
        gateway.answers(Method::POST, "/merch/purchases", status, json!({ "error": error }));
        let fields = [("items", "3"), ("key", "k")];
        let page = browser.submit_and_follow("/intranet/merch/buy", &fields).await;
        assert!(page.is_wrong_form());
        assert!(page.body.contains(error) && page.body.contains("125 credits ($1.25)"));
    }
    let fields = [("items", "3,x"), ("key", "k")];
    assert_eq!(browser.submit("/intranet/merch/buy", &fields).await.status, 400);
}

#[tokio::test]
async fn each_thing_of_a_purchase_tells_what_became_of_it() {
    let gateway = with_machine().await;
    let reason = Some("the spiral jammed".to_owned());
    let jammed = PurchaseItem { reason, ..thing(2, "refunded", false) };
    let things = [thing(1, "vended", true), jammed, thing(3, "unknown", false)];
    gateway.answers(Method::GET, "/merch/purchases/7", 200, bought(7, "failed", &things));
    let mut browser = signed_in(&gateway, &["admin"]);
    let page = browser.get("/intranet/merch/purchases/7").await;
    for part in [
        "yours",
        "125 credits ($1.25) charged",
        "did not fall out",
        "the spiral jammed",
        "not charged",
        "the machine did not say",
        "an officer looks at it",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
    let pending = bought(7, "pending", &[thing(1, "pending", false)]);
    gateway.answers(Method::GET, "/merch/purchases/7", 200, pending);
    let page = browser.get("/intranet/merch/purchases/7").await;
    assert!(page.body.contains("Look again") && page.body.contains("set aside"));

    let list = Purchases { purchases: vec![bought(7, "done", &things)], next: Some(7) };
    gateway.answers(Method::GET, "/merch/purchases", 200, list);
    let page = browser.get("/intranet/merch/purchases?after=9").await;
    assert!(page.body.contains("Coke, Coke, Coke") && page.body.contains("?after=7\""));
    let call = &gateway.calls(&Method::GET, "/merch/purchases")[0];
    assert_eq!(call.query, "netid=jsmith2&after=9", "one's own, also for officers");
    let refusal = json!({ "error": "Purchase not found" });
    gateway.answers(Method::GET, "/merch/purchases/8", 404, refusal);
    assert_eq!(browser.get("/intranet/merch/purchases/8").await.status, 404);
}

#[tokio::test]
async fn a_pin_is_shown_once_to_its_owner() {
    let gateway = with_machine().await;
    gateway.answers(Method::GET, "/merch/users/jsmith2", 200, data(customer(false, 0)));
    let new = NewPin { netid: "jsmith2".to_owned(), pin: "12345678".to_owned() };
    gateway.answers(Method::POST, "/merch/users/jsmith2/pin", 200, data(new));
    let mut browser = signed_in(&gateway, &[]);
    assert!(browser.get("/intranet/merch/pin").await.body.contains("You have no PIN"));
    let done = browser.submit("/intranet/merch/pin", &[]).await;
    assert!(!format!("{:?}", done.headers).contains("12345678"), "it is sealed");
    let page = browser.get(done.location()).await;
    assert!(page.status == 200 && page.body.contains("12345678"));
    let again = browser.get(done.location()).await;
    assert!(!again.body.contains("12345678"), "once");
    assert_eq!(gateway.calls(&Method::POST, "/merch/users/jsmith2/pin").len(), 1);
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(
        !page
            .headers
            .get_all("set-cookie")
            .iter()
            .any(|cookie| cookie.to_str().unwrap().contains("flash="))
    );

    gateway.answers(Method::GET, "/merch/users/jsmith2", 200, data(customer(true, 0)));
    let page = browser.get("/intranet/merch/pin").await;
    assert!(page.body.contains("Make another PIN") && !page.body.contains("12345678"));
    let refusal = json!({ "error": "PINs are not set up here" });
    gateway.answers(Method::POST, "/merch/users/jsmith2/pin", 409, refusal);
    let page = browser.submit_and_follow("/intranet/merch/pin", &[]).await;
    assert!(page.status == 200 && page.body.contains("PINs are not set up here"));

    let unknown = json!({ "error": "User netid was not found in users service" });
    gateway.answers(Method::GET, "/merch/users/jsmith2", 404, unknown);
    let page = browser.get("/intranet/merch/pin").await;
    assert!(page.body.contains("Only members buy") && !page.body.contains("Make a PIN"));
}

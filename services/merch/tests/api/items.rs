//! Items and slots.

use grove_merch_api::Item;
use grove_shared::{
    Role,
    envelope::{Data, Message},
};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{World, world::form};

const FIELDS: [&str; 5] = ["name", "price", "image_url", "quantity", "location"];

#[tokio::test]
async fn the_machine_has_45_empty_slots() {
    let world = World::new().await;
    let reply: Value = world.app.client().get("/merch/locations").await.json();
    assert_eq!(reply["error"], Value::Null);
    let locations = reply["data"].as_array().unwrap();
    assert_eq!(locations.len(), 45);
    let first = json!({
        "id": 1, "row": "A", "column": 1, "location": "A1", "quantity": 0, "item": null
    });
    assert_eq!(locations[0], first);
    assert_eq!(locations[44]["location"], "E9");
    assert_eq!(world.app.client().get("/merch/locations/A1").await.json::<Value>()["data"], first);
    assert_eq!(world.app.stranger().get("/merch/locations").await.status, 401);
}

#[tokio::test]
async fn an_officer_assigns_an_item_to_a_slot_and_clears_it() {
    let world = World::new().await;
    let officer = world.officer();
    let reply = officer.post("/merch/items", &form("B3", "Coke", 75, 7)).await;
    assert_eq!(reply.json::<Message>().message, "Assigned B3 to Coke");

    let reply: Value = world.app.client().get("/merch/locations/B3").await.json();
    let image = "https://example.edu/can.png";
    let item = json!({ "id": 1, "name": "Coke", "price": 75, "image": image });
    let location = json!({
        "id": 12, "row": "B", "column": 3, "location": "B3", "quantity": 7, "item": item
    });
    assert_eq!(reply["data"], location);
    let reply: Value = world.app.client().get("/merch/items/1").await.json();
    let expected = json!({
        "id": 1, "price": 75, "name": "Coke", "image": image, "created_on": "2026-10-01",
        "vending": [location], "in_stock": true, "total_stock": 7,
    });
    assert_eq!(reply["data"], expected);

    let reply = officer.put("/merch/locations/B3", &json!({})).await;
    assert_eq!(reply.json::<Message>().message, "Clear Coke at B3");
    let reply = officer.put("/merch/locations/B3", &json!({})).await;
    assert_eq!((reply.status, reply.error().as_str()), (StatusCode::BAD_REQUEST, "Item not found"));
    let item = &world.items().await[0];
    assert_eq!((item.in_stock, item.total_stock, item.vending.len()), (false, 0, 0));
}

#[tokio::test]
async fn numbers_may_be_numbers_or_text() {
    let world = World::new().await;
    let mut numbers = form("A1", "Coke", 75, 7);
    numbers["price"] = 80.into();
    numbers["quantity"] = 9.into();
    assert_eq!(world.officer().post("/merch/items", &numbers).await.status, 200);
    let item = &world.items().await[0];
    assert_eq!((item.price, item.total_stock), (80, 9));
}

#[tokio::test]
async fn what_is_missing_is_named_in_order_and_nothing_changes() {
    let world = World::new().await;
    let id = world.stock("A1", "Coke", 75, 7).await;
    let before = world.locations().await;
    let officer = world.officer();
    for (index, field) in FIELDS.into_iter().enumerate() {
        for nothing in [json!(null), json!(""), json!("  ")] {
            let mut body = form("A2", "Tea", 10, 1);
            for later in &FIELDS[index..] {
                body[*later] = nothing.clone();
            }
            let path = format!("/merch/items/{id}");
            for reply in
                [officer.post("/merch/items", &body).await, officer.put(&path, &body).await]
            {
                assert_eq!(reply.status, 400);
                assert_eq!(reply.error(), format!("Missing {field}"));
            }
        }
    }
    for no_object in [json!([]), json!(["Tea", 10, "https://example.edu/tea.png", 1, "A2"])] {
        let reply = officer.post("/merch/items", &no_object).await;
        assert_eq!(reply.error(), "The body has to be a JSON object");
    }
    assert_eq!(officer.send(Method::POST, "/merch/items", "{").await.status, 400);
    assert_eq!(world.locations().await, before);
    assert_eq!(world.items().await.len(), 1);
}

#[tokio::test]
async fn wrong_values_are_refused_and_nothing_changes() {
    let world = World::new().await;
    let id = world.stock("A1", "Coke", 75, 7).await;
    let before = (world.locations().await, world.items().await);
    let wrong = [
        ("name", json!("n".repeat(51)), 400, "name may have at most 50 characters"),
        ("name", json!(["Tea"]), 400, "name must be text or a number"),
        ("name", json!("Tea\n2026-11-30T00:00:00Z INFO"), 400, UNCLEAN),
        ("name", json!("Tea\u{1b}[31m"), 400, UNCLEAN),
        ("name", json!("Tea\u{0}"), 400, UNCLEAN),
        ("name", json!("Tea \u{202e}eta"), 400, UNCLEAN),
        ("image_url", json!("https://example.edu/\ncan.png"), 400, WRONG_IMAGE),
        ("price", json!(-1), 400, "price must be a whole number from 0 to 1000000"),
        ("price", json!("1.5"), 400, "price must be a whole number from 0 to 1000000"),
        ("price", json!(1_000_001), 400, "price must be a whole number from 0 to 1000000"),
        ("price", json!("free"), 400, "price must be a whole number from 0 to 1000000"),
        ("price", json!(true), 400, "price must be text or a number"),
        ("quantity", json!("-3"), 400, "quantity must be a whole number from 0 to 1000"),
        ("quantity", json!(1001), 400, "quantity must be a whole number from 0 to 1000"),
        ("image_url", json!("javascript:alert(1)"), 400, WRONG_IMAGE),
        ("location", json!("F1"), 404, INVALID_LOCATION),
        ("location", json!("A10"), 404, INVALID_LOCATION),
    ];
    for (field, value, status, error) in wrong {
        let mut body = form("A1", "Coke", 80, 3);
        body[field] = value;
        for reply in [
            world.officer().post("/merch/items", &body).await,
            world.officer().put(&format!("/merch/items/{id}"), &body).await,
        ] {
            assert_eq!((reply.status.as_u16(), reply.error().as_str()), (status, error));
        }
    }
    assert_eq!((world.locations().await, world.items().await), before);
}

const UNCLEAN: &str = "name may have no control characters";
const WRONG_IMAGE: &str = "image_url must begin with http:// or https://";
const INVALID_LOCATION: &str =
    "Invalid location specified. Valid locations are A-E for row, 1-9 for column";

#[tokio::test]
async fn unknown_slots_and_items_are_404() {
    let world = World::new().await;
    let officer = world.officer();
    for location in ["F1", "A0", "a1", "A10", "%20"] {
        let path = format!("/merch/locations/{location}");
        for reply in [officer.get(&path).await, officer.put(&path, &json!({})).await] {
            assert_eq!(
                (reply.status, reply.error().as_str()),
                (StatusCode::NOT_FOUND, INVALID_LOCATION)
            );
        }
    }
    for id in ["99", "0", "coke", "-1", "99999999999999999999"] {
        let path = format!("/merch/items/{id}");
        let body = form("A1", "Coke", 1, 1);
        for reply in
            [officer.get(&path).await, officer.put(&path, &body).await, officer.delete(&path).await]
        {
            assert_eq!(
                (reply.status, reply.error().as_str()),
                (StatusCode::NOT_FOUND, "Item not found")
            );
        }
    }
}

#[tokio::test]
async fn a_slot_is_taken_from_no_item_before_it_is_cleared() {
    let world = World::new().await;
    world.stock("A1", "Coke", 75, 7).await;
    let tea = world.stock("A2", "Tea", 50, 3).await;
    let before = world.locations().await;
    let officer = world.officer();
    for reply in [
        officer.post("/merch/items", &form("A1", "Tea", 50, 3)).await,
        officer.post("/merch/items", &form("A1", "Mate", 50, 3)).await,
        officer.put(&format!("/merch/items/{tea}"), &form("A1", "Tea", 1, 1)).await,
    ] {
        assert_eq!(
            (reply.status, reply.error().as_str()),
            (StatusCode::CONFLICT, "A1 holds Coke; clear it first")
        );
    }
    // An item is changed in a slot of its own.
    let reply = officer.put(&format!("/merch/items/{tea}"), &form("A3", "Tea", 1, 1)).await;
    assert_eq!((reply.status, reply.error().as_str()), (StatusCode::NOT_FOUND, INVALID_LOCATION));
    let reply = officer.put(&format!("/merch/items/{tea}"), &form("A2", "Coke", 1, 1)).await;
    assert_eq!(
        (reply.status, reply.error().as_str()),
        (StatusCode::CONFLICT, "Another item is called Coke")
    );
    assert_eq!(world.locations().await, before);
    assert_eq!(world.items().await.len(), 2);

    officer.put("/merch/locations/A1", &json!({})).await;
    assert_eq!(officer.post("/merch/items", &form("A1", "Tea", 60, 3)).await.status, 200);
    let tea = world.items().await.into_iter().find(|item| item.id == tea).unwrap();
    assert_eq!((tea.price, tea.total_stock, tea.vending.len()), (60, 6, 2));
}

#[tokio::test]
async fn an_item_is_changed_as_a_whole() {
    let world = World::new().await;
    let id = world.stock("A1", "Coke", 75, 7).await;
    let path = format!("/merch/items/{id}");
    let reply = world.officer().put(&path, &form("A1", "Cola", 80, 2)).await;
    assert_eq!(reply.json::<Message>().message, "Item updated successfully!");
    let item = world.app.client().get(&path).await.json::<Data<Item>>().data;
    assert_eq!((item.name.as_str(), item.price, item.total_stock), ("Cola", 80, 2));
}

#[tokio::test]
async fn only_what_is_left_is_available() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 1).await;
    world.stock("A2", "Tea", 50, 0).await;
    let reply = world.app.client().get("/merch/items/available").await;
    let available: Vec<_> = reply.json::<Data<Vec<Item>>>().data;
    assert_eq!(available.iter().map(|item| item.id).collect::<Vec<_>>(), [coke]);
}

#[tokio::test]
async fn a_deleted_item_leaves_its_slots_and_keeps_its_purchases() {
    let world = World::new().await;
    let id = world.stock("A1", "Coke", 75, 3).await;
    let purchase = world.buy(&[id]).await;
    let reply = world.officer().delete(&format!("/merch/items/{id}")).await;
    assert_eq!(reply.json::<Message>().message, "Item destroyed successfully!");
    assert!(world.items().await.is_empty());
    let slot = &world.locations().await[0];
    assert_eq!((slot.quantity, slot.item.is_none()), (0, true));
    let kept = world.purchase(purchase.id).await;
    assert_eq!((kept.items[0].name.as_str(), kept.cost), ("Coke", 75));
}

#[tokio::test]
async fn items_and_slots_are_changed_by_officers_only() {
    let world = World::new().await;
    let id = world.stock("A1", "Coke", 75, 3).await;
    let path = format!("/merch/items/{id}");
    let body = form("A1", "Coke", 1, 1);
    let corporate = world.app.person("corp1", &[Role::Corporate]);
    for (person, status) in
        [(world.app.client(), 401), (world.app.member("jsmith2"), 403), (corporate, 403)]
    {
        assert_eq!(person.post("/merch/items", &body).await.status, status);
        assert_eq!(person.put(&path, &body).await.status, status);
        assert_eq!(person.delete(&path).await.status, status);
        assert_eq!(person.put("/merch/locations/A1", &json!({})).await.status, status);
        assert_eq!(person.get("/merch/sales").await.status, status);
        let resolve = "/merch/purchases/1/items/1/resolve";
        assert_eq!(person.post(resolve, &json!({ "outcome": "vended" })).await.status, status);
    }
    assert_eq!(world.quantity("A1").await, 3);
    let top4 = world.app.person("chair1", &[Role::Top4]);
    assert_eq!(top4.put(&path, &body).await.status, 200);
}

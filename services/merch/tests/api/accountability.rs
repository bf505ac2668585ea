//! Who did what, and that what officers change can be taken back.

use grove_merch_api::{Finding, Item, Location, Purchase, SERVICE};
use grove_shared::{
    Client,
    audit::{Entry, Filter, list},
};
use grove_testing::Person;
use grove_vending_machine::FaultKind;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    World,
    ledger::{Call, DOWN},
    world::{Plan, form, until},
};

/// What a person sees of the log, the newest first.
pub(crate) async fn log(person: &Person) -> Vec<Entry> {
    person.call(list(SERVICE, &Filter::default())).await.unwrap().items
}

/// What lies where, and everything that is sold.
async fn shelf(world: &World) -> (Vec<Location>, Vec<Item>) {
    (world.locations().await, world.items().await)
}

async fn send(person: &Person, method: &Method, path: &str, body: &Value) -> StatusCode {
    person.send(method.clone(), path, body.to_string()).await.status
}

/// A change of an officer, and what the log says was and is.
struct Change<'a> {
    action: &'a str,
    request: (Method, &'a str, Value),
    before: Value,
    after: Value,
}

impl Change<'_> {
    /// Makes it twice, looks for it in the log once, and takes it back.
    async fn logged_once_and_taken_back(self, world: &World) {
        let (officer, (method, path, body)) = (world.officer(), self.request);
        let (shelf_before, logged) = (shelf(world).await, log(&officer).await.len());
        assert_eq!(send(&officer, &method, path, &body).await, 200, "{}", self.action);
        assert_ne!(shelf(world).await, shelf_before);
        send(&officer, &method, path, &body).await;
        let entries = log(&officer).await;
        assert_eq!(entries.len(), logged + 1, "{entries:?}");
        let entry = &entries[0];
        assert_eq!((entry.action.as_str(), entry.kind.as_str()), (self.action, "item"));
        assert_eq!((entry.actor.as_str(), &entry.about), ("admin2", &None));
        assert_eq!((&entry.before, &entry.after), (&self.before, &self.after));
        assert_eq!((&entry.irreversible, entry.is_overtaken), (&None, false));
        let undo = entry.undo.as_ref().unwrap().call(SERVICE).unwrap();
        officer.call(undo).await.unwrap();
        assert_eq!(shelf(world).await, shelf_before, "{}", self.action);
    }
}

#[tokio::test]
async fn that_something_is_put_into_a_slot_is_logged_once_and_its_undo_takes_it_back() {
    let world = World::new().await;
    world.stock("A1", "Coke", 75, 7).await;
    for (action, body, before, after) in [
        (
            "created",
            form("A2", "Tea", 50, 3),
            Value::Null,
            json!({ "price": 50, "slot": "A2", "quantity": 3 }),
        ),
        (
            "assigned",
            form("A3", "Coke", 75, 2),
            Value::Null,
            json!({ "slot": "A3", "quantity": 2 }),
        ),
        (
            "changed",
            form("A1", "Coke", 80, 9),
            json!({ "price": 75, "slot": "A1", "quantity": 7 }),
            json!({ "price": 80, "slot": "A1", "quantity": 9 }),
        ),
    ] {
        let change =
            Change { action, request: (Method::POST, "/merch/items", body), before, after };
        change.logged_once_and_taken_back(&world).await;
    }
}

#[tokio::test]
async fn that_an_item_or_a_slot_is_changed_is_logged_once_and_its_undo_takes_it_back() {
    let world = World::new().await;
    let item = format!("/merch/items/{}", world.stock("A1", "Coke", 75, 7).await);
    for (action, path, body, before, after) in [
        (
            "changed",
            item.as_str(),
            form("A1", "Cola", 70, 7),
            json!({ "price": 75 }),
            json!({ "price": 70, "renamed": true }),
        ),
        (
            "changed",
            item.as_str(),
            form("A1", "Coke", 75, 1),
            json!({ "slot": "A1", "quantity": 7 }),
            json!({ "slot": "A1", "quantity": 1 }),
        ),
        (
            "cleared",
            "/merch/locations/A1",
            json!({}),
            json!({ "slot": "A1", "quantity": 7 }),
            Value::Null,
        ),
    ] {
        let change = Change { action, request: (Method::PUT, path, body), before, after };
        change.logged_once_and_taken_back(&world).await;
    }
}

#[tokio::test]
async fn what_no_call_takes_back_says_so() {
    let world = World::new().await;
    let officer = world.officer();
    let coke = world.stock("A1", "Coke", 75, 7).await;
    world.stock("A2", "Coke", 80, 1).await;
    sqlx::query("UPDATE items SET image_url = NULL").execute(&world.db.pool()).await.unwrap();
    let item = format!("/merch/items/{coke}");
    assert_eq!(officer.put(&item, &form("A1", "Coke", 80, 3)).await.status, 200);
    sqlx::query("UPDATE items SET image_url = NULL").execute(&world.db.pool()).await.unwrap();
    assert_eq!(officer.put("/merch/locations/A1", &json!({})).await.status, 200);
    assert_eq!(officer.delete(&item).await.status, 200);
    assert_eq!(officer.delete(&item).await.status, 404);
    let mut entries = log(&officer).await;
    entries.reverse();
    let actions: Vec<_> = entries.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["created", "assigned", "changed", "cleared", "deleted"]);
    assert!(entries[0].undo.is_some());
    assert!(entries[1..].iter().all(|entry| entry.undo.is_none() && entry.irreversible.is_some()));
    assert_eq!(entries[1].after, json!({ "price": 80, "slot": "A2", "quantity": 1 }));
    assert_eq!(entries[4].before, json!({ "price": 80, "slots": { "A2": 1 } }));
}

#[tokio::test]
async fn what_is_refused_is_not_logged() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 7).await;
    world.stock("A2", "Tea", 50, 7).await;
    let (officer, member) = (world.officer(), world.app.member("jsmith2"));
    let item = format!("/merch/items/{coke}");
    let (good, nothing) = (form("A1", "Coke", 80, 3), json!({}));
    for (who, status, method, path, body) in [
        (&member, 403, Method::POST, "/merch/items", &good),
        (&member, 403, Method::PUT, &item, &good),
        (&member, 403, Method::DELETE, &item, &nothing),
        (&member, 403, Method::PUT, "/merch/locations/A1", &nothing),
        (&officer, 400, Method::POST, "/merch/items", &nothing),
        (&officer, 409, Method::POST, "/merch/items", &form("A2", "Coke", 1, 1)),
        (&officer, 409, Method::POST, "/merch/items", &form("A2", "Mate", 1, 1)),
        (&officer, 404, Method::PUT, &item, &form("A3", "Coke", 1, 1)),
        (&officer, 409, Method::PUT, &item, &form("A1", "Tea", 1, 1)),
        (&officer, 404, Method::DELETE, "/merch/items/99", &nothing),
        (&officer, 400, Method::PUT, "/merch/locations/A3", &nothing),
    ] {
        assert_eq!(send(who, &method, path, body).await, status, "{method} {path} {body}");
    }
    assert_eq!(log(&officer).await.len(), 2);
}

#[tokio::test]
async fn what_became_of_an_unknown_outcome_is_logged_and_its_buyer_sees_it() {
    let world = World::with(Plan::impatient()).await;
    let coke = world.stock("A1", "Coke", 75, 3).await;
    world.fault(FaultKind::DieAfterDrop, 1);
    let order = world.order_soon("jsmith2", &[coke]).await;
    world.settle().await;
    let id = order.await.unwrap().json::<Purchase>().id;
    world.resolve(id, 1, Finding::Vended).await;
    world.resolve(id, 1, Finding::Vended).await;
    let path = format!("/merch/purchases/{id}/items/1/resolve");
    let failed = json!({ "outcome": "failed" });
    assert_eq!(world.officer().post(&path, &failed).await.status, 409);

    let entries = log(&world.app.member("jsmith2")).await;
    let [resolved, gave_up] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((gave_up.actor.as_str(), gave_up.action.as_str()), ("service:merch", "gave up"));
    assert_eq!(gave_up.after, json!({ "item": 1, "outcome": "unknown", "charged": false }));
    assert!(gave_up.is_overtaken && gave_up.irreversible.is_some());
    assert_eq!((resolved.actor.as_str(), resolved.action.as_str()), ("admin2", "resolved"));
    assert_eq!((&resolved.object, resolved.kind.as_str()), (&id.to_string(), "purchase"));
    assert_eq!(resolved.before, json!({ "item": 1, "outcome": "unknown" }));
    assert_eq!(resolved.after, json!({ "item": 1, "outcome": "vended" }));
    assert!(resolved.irreversible.is_some());
    assert!(log(&world.app.member("mdoe3")).await.is_empty());
}

#[tokio::test]
async fn what_a_buyer_does_and_gets_is_not_logged_but_that_it_is_not_charged() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 3).await;
    world.pin("jsmith2").await;
    world.buy(&[coke]).await;
    world.settle().await;
    world.fault(FaultKind::Jam, 1);
    world.buy(&[coke]).await;
    world.settle().await;
    let member = world.app.member("jsmith2");
    assert!(log(&member).await.is_empty());

    world.ledger.fail(Call::Capture, DOWN, u32::MAX);
    let _order = world.order_soon("jsmith2", &[coke]).await;
    until(async || {
        world.worker.settle_due().await.unwrap();
        world.states().await[2] == "dropped"
    })
    .await;
    let hold = world.ledger.holds().last().unwrap().id;
    world.ledger.credits.expire(hold);
    world.ledger.mend();
    world.settle().await;
    let entries = log(&member).await;
    let [waived] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((waived.actor.as_str(), waived.action.as_str()), ("service:merch", "waived"));
    assert_eq!(waived.after, json!({ "item": 1, "outcome": "vended", "charged": false }));
}

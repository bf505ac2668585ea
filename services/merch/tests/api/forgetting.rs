//! What is kept of a person, and what is left when they are forgotten.

use grove_credits_api::HoldState;
use grove_merch_api::{Customer, Finding, Purchases};
use grove_shared::{db, envelope::Data, personal_data::Forgotten};
use grove_vending_machine::FaultKind;
use serde_json::{Value, json};

use crate::{
    World,
    accountability::log,
    ledger::{Call, Failure},
    world::{Plan, until},
};

/// Everything that is kept of a person.
async fn kept(world: &World, netid: &str) -> Value {
    world.app.service("users").get(&format!("/internal/personal-data/{netid}")).await.json()
}

async fn forget(world: &World, netid: &str) -> Forgotten {
    let body = json!({ "netid": netid });
    let reply = world.app.service("users").post("/internal/personal-data/forget", &body).await;
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    reply.json()
}

async fn purchases(world: &World, netid: &str) -> Purchases {
    world.app.member(netid).get("/merch/purchases").await.json()
}

/// Of an outcome that the machine did not tell, as one person buys and another finds out.
async fn unknown_outcome(world: &World, buyer: &str, officer: &str, item: u64) -> u64 {
    world.fault(FaultKind::DieAfterDrop, 1);
    let order = world.order_soon(buyer, &[item]).await;
    world.settle().await;
    let id = order.await.unwrap().json::<Value>()["id"].as_u64().unwrap();
    let path = format!("/merch/purchases/{id}/items/1/resolve");
    let finding = json!({ "outcome": Finding::Vended });
    assert_eq!(world.app.officer(officer).post(&path, &finding).await.status, 200);
    id
}

/// A world with something of `jsmith2` in each table.
struct Past {
    world: World,
    pin: String,
    at_kiosk: Value,
    /// Purchases: on the website, one that an officer looked into, and one of `mdoe3` that they looked into.
    bought: u64,
    doubtful: u64,
    found: u64,
}

impl Past {
    async fn new() -> Self {
        let world = World::with(Plan::impatient()).await;
        world.ledger.give("mdoe3", 1000);
        let coke = world.stock("A1", "Coke", 75, 9).await;
        let pin = world.pin("jsmith2").await;
        let bought = world.buy(&[coke]).await.id;
        let at_kiosk = json!({ "items": [coke], "pin": pin });
        let time = world.time_passes();
        let reply = world.app.client().post_once("/merch/transactions", &at_kiosk, "kiosk").await;
        assert_eq!(reply.status, 200);
        drop(time);
        let doubtful = unknown_outcome(&world, "jsmith2", "admin2", coke).await;
        let found = unknown_outcome(&world, "mdoe3", "jsmith2", coke).await;
        Self { world, pin, at_kiosk, bought, doubtful, found }
    }
}

/// Where someone is mentioned, but for the log of who did what.
async fn mentioned(world: &World, netid: &str) -> Vec<String> {
    let mut columns = world.db.tables_mentioning(netid).await;
    columns.retain(|column| !column.starts_with("audit_log."));
    columns
}

#[tokio::test]
async fn everything_of_a_person_is_told() {
    let Past { world, pin, bought, doubtful, found, .. } = Past::new().await;
    assert_eq!(kept(&world, "nobody1").await, Value::Null);
    let told = kept(&world, "jsmith2").await;
    let data = &told["data"];
    assert_eq!(data["customer"]["pin"], "kept as a keyed hash, which is not shown");
    assert_eq!(data["customer"]["pin_made_at"], "2026-10-01T12:00:00Z");
    let all = data["purchases"].as_array().unwrap();
    let ids: Vec<_> = all.iter().map(|purchase| purchase["id"].as_u64().unwrap()).collect();
    assert_eq!((all.len(), ids[0], ids[2]), (3, bought, doubtful));
    assert_eq!(all[1]["at_kiosk"], true);
    assert_eq!(all[2]["items"][0]["resolution"]["officer"], "admin2");
    assert_eq!(data["findings"][0]["purchase"], found);
    assert_eq!(data["findings"][0]["outcome"], "vended");
    assert_eq!(data["requests"].as_array().unwrap().len(), 2);
    assert!(!told.to_string().contains(&pin));
    let changes = told["changes"].as_array().unwrap().iter();
    let actions: Vec<_> = changes.map(|change| &change["action"]).collect();
    assert_eq!(actions, ["gave up", "resolved", "resolved"]);
}

#[tokio::test]
async fn everything_of_a_person_is_forgotten_but_what_they_bought() {
    let Past { world, doubtful, found, .. } = Past::new().await;
    let everywhere = [
        "customers.netid",
        "idempotency_keys.caller",
        "purchase_items.resolved_by",
        "purchases.netid",
    ];
    assert_eq!(mentioned(&world, "jsmith2").await, everywhere);
    let sales = world.officer().get("/merch/sales").await.json::<Value>();
    let stock = world.locations().await;

    let forgotten = forget(&world, "jsmith2").await;
    let removed: Vec<_> = forgotten.removed.iter().map(|gone| (&*gone.what, gone.count)).collect();
    assert_eq!(
        removed,
        [
            ("the customer, with the PIN", 1),
            ("requests that could have been repeated", 2),
            ("the name of who bought", 3),
            ("the name of who found out what fell out", 1),
        ]
    );
    assert_eq!(forgotten.kept.len(), 2);
    assert_eq!(forget(&world, "jsmith2").await.removed, []);
    assert_eq!(mentioned(&world, "jsmith2").await, [""; 0]);
    assert_eq!(kept(&world, "jsmith2").await, Value::Null);
    assert_eq!(world.officer().get("/merch/sales").await.json::<Value>(), sales);
    assert_eq!(world.locations().await, stock);
    let purchase = world.purchase(doubtful).await;
    assert_eq!((purchase.netid.as_str(), purchase.items.len()), ("a former member", 1));
    let resolution = world.purchase(found).await.items.remove(0).resolution.unwrap();
    assert_eq!(resolution.officer, "a former member");
}

#[tokio::test]
async fn who_was_forgotten_and_comes_back_begins_anew() {
    let Past { world, pin, at_kiosk, bought, .. } = Past::new().await;
    forget(&world, "jsmith2").await;
    let member = world.app.member("jsmith2");
    let own = member.get("/merch/users/jsmith2").await.json::<Data<Customer>>().data;
    assert_eq!((own.id, own.has_pin), (None, false));
    assert_eq!(purchases(&world, "jsmith2").await.purchases, []);
    assert_eq!(member.get(&format!("/merch/purchases/{bought}")).await.status, 404);
    let sold = world.app.client().post_once("/merch/transactions", &at_kiosk, "kiosk").await;
    assert_eq!((sold.status.as_u16(), &*sold.error()), (404, "No such user exists with that pin"));
    assert_ne!(world.pin("jsmith2").await, pin);
    assert_eq!(kept(&world, "jsmith2").await["data"]["purchases"], json!([]));
}

#[tokio::test]
async fn what_is_under_way_is_settled_before_its_name_goes() {
    for (fault, held, balance) in [
        (None, HoldState::Captured, 925),
        (Some((FaultKind::Jam, 1)), HoldState::Released, 1000),
        (Some((FaultKind::Hang, 1)), HoldState::Released, 1000),
    ] {
        let world = World::with(Plan::impatient()).await;
        let coke = world.stock("A1", "Coke", 75, 3).await;
        if let Some((fault, times)) = fault {
            world.fault(fault, times);
        }
        let order = world.order_soon("jsmith2", &[coke]).await;
        for _ in 0..2 {
            let forgotten = forget(&world, "jsmith2").await;
            assert_eq!(
                forgotten.kept.last().unwrap().what,
                "the NetID beside what is being bought"
            );
        }
        assert_eq!(world.db.tables_mentioning("jsmith2").await, ["purchase_items.payer"]);
        assert_eq!(kept(&world, "jsmith2").await["data"]["purchases_to_settle"], json!([1]));
        assert_eq!(purchases(&world, "jsmith2").await.purchases, []);

        world.settle().await;
        order.await.unwrap();
        assert_eq!(world.ledger.holds()[0].state, held, "{fault:?}");
        assert_eq!(world.ledger.balance("jsmith2"), balance);
        assert_eq!(world.db.tables_mentioning("jsmith2").await, [""; 0]);
        assert_eq!(kept(&world, "jsmith2").await, Value::Null);
        assert!(log(&world.app.member("jsmith2")).await.is_empty());
        world.audit(3).await;
    }
}

#[tokio::test]
async fn nothing_begins_for_someone_who_is_forgotten_while_they_ask() {
    for at_kiosk in [false, true] {
        let world = World::new().await;
        let coke = world.stock("A1", "Coke", 75, 3).await;
        let pin = world.pin("jsmith2").await;
        // They are a member, but credits are slow to tell what they have.
        world.ledger.fail(Call::Balance, Failure::AnswerDelayed, 1);
        let (member, kiosk) = (world.app.member("jsmith2"), world.app.client());
        let request = tokio::spawn(async move {
            if at_kiosk {
                let body = json!({ "items": [coke], "pin": pin });
                kiosk.post_once("/merch/transactions", &body, "once").await
            } else {
                member.post_once("/merch/purchases", &json!({ "items": [coke] }), "once").await
            }
        });
        until(async || world.ledger.failed() == 1).await;
        forget(&world, "jsmith2").await;
        world.ledger.mend();
        let reply = request.await.unwrap();
        assert_eq!(
            (reply.status.as_u16(), reply.error().as_str()),
            (403, "Only current members can buy")
        );
        assert_eq!(world.quantity("A1").await, 3);
        assert_eq!(world.db.tables_mentioning("jsmith2").await, [""; 0]);
    }
}

#[tokio::test]
async fn what_begins_before_someone_is_forgotten_is_forgotten_with_them() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 3).await;
    // An officer counts the cans while a purchase begins and its buyer is forgotten.
    let mut counting = db::begin(&world.db.pool()).await.unwrap();
    sqlx::query("SELECT id FROM items FOR UPDATE").fetch_all(&mut *counting).await.unwrap();
    let waiting = async |table: &'static str| {
        let waiting = sqlx::query_scalar::<_, i64>(
            "SELECT COUNT(*) FROM information_schema.processlist
             WHERE db = DATABASE() AND id <> CONNECTION_ID() AND LOCATE(?, info) > 0
               AND LOCATE('processlist', info) = 0",
        );
        waiting.bind(table).fetch_one(&world.db.pool()).await.unwrap() > 0
    };
    let member = world.app.member("jsmith2");
    let order = tokio::spawn(async move {
        member.post_once("/merch/purchases", &json!({ "items": [coke] }), "once").await
    });
    until(async || waiting("FROM items").await).await;
    let users = world.app.service("users");
    let forgetting = tokio::spawn(async move {
        users.post("/internal/personal-data/forget", &json!({ "netid": "jsmith2" })).await
    });
    until(async || waiting("FROM customers").await).await;
    counting.rollback().await.unwrap();
    assert_eq!(forgetting.await.unwrap().status, 200);
    assert_eq!(world.db.tables_mentioning("jsmith2").await, ["purchase_items.payer"]);
    world.settle().await;
    assert_eq!(order.await.unwrap().status, 201);
    assert_eq!(world.ledger.balance("jsmith2"), 925);
    assert_eq!(world.db.tables_mentioning("jsmith2").await, [""; 0]);
}

#[tokio::test]
async fn only_users_asks_for_personal_data() {
    let world = World::new().await;
    let app = &world.app;
    for who in [app.officer("admin2"), app.member("jsmith2"), app.client(), app.service("gigs")] {
        let reply = who.get("/internal/personal-data/jsmith2").await;
        assert!([401, 403].contains(&reply.status.as_u16()));
        let body = json!({ "netid": "jsmith2" });
        let reply = who.post("/internal/personal-data/forget", &body).await;
        assert!([401, 403].contains(&reply.status.as_u16()));
    }
}

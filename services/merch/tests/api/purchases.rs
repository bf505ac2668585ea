//! Purchases of signed-in members, and what officers see of all.

use chrono::TimeDelta;
use futures_util::future::join_all;
use grove_merch_api::{PurchaseState, Purchases, SalesDay};
use grove_shared::Role;
use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    World,
    ledger::{Call, Failure},
    world::{Plan, start, until},
};

#[tokio::test]
async fn a_member_buys_without_a_pin() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 3).await;
    let purchase = world.buy(&[coke]).await;
    assert_eq!((purchase.state, purchase.cost), (PurchaseState::Done, 75));
    assert_eq!((purchase.netid.as_str(), purchase.at_kiosk), ("jsmith2", false));
    world.settle().await;
    let purchase: Value =
        world.app.member("jsmith2").get(&format!("/merch/purchases/{}", purchase.id)).await.json();
    let item = json!({
        "number": 1, "item_id": coke, "name": "Coke", "price": 75, "location": "A1",
        "outcome": "vended", "charged": true, "reason": null, "resolution": null,
    });
    assert_eq!(purchase["items"], json!([item]));
    world.audit(3).await;
}

#[tokio::test]
async fn a_purchase_needs_a_key_and_happens_once_under_it() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 1).await;
    let member = world.app.member("jsmith2");
    let body = json!({ "items": [coke] });
    let reply = member.post("/merch/purchases", &body).await;
    assert_eq!(reply.status, 400);
    assert!(reply.error().contains("Idempotency-Key"));
    let _time = world.time_passes();
    let replies = (0..10).map(|_| member.post_once("/merch/purchases", &body, "once"));
    let ids: Vec<_> = join_all(replies)
        .await
        .into_iter()
        .map(|reply| {
            assert_eq!(reply.status, StatusCode::CREATED);
            reply.json::<Value>()["id"].as_u64().unwrap()
        })
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!(world.machine.drops().len(), 1);
    let reply = member.post_once("/merch/purchases", &json!({ "items": [] }), "empty").await;
    assert_eq!((reply.status.as_u16(), reply.error().as_str()), (400, "Missing items"));
    for wrong in [json!({}), json!({ "items": "1" }), json!({ "items": [-1] })] {
        assert_eq!(member.post_once("/merch/purchases", &wrong, "wrong").await.status, 400);
    }
}

#[tokio::test]
async fn a_repetition_is_not_refused_for_want_of_what_its_own_purchase_took() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 2).await;
    world.ledger.give("jsmith2", 100);
    let body = json!({ "items": [coke] });
    let member = world.app.member("jsmith2");
    world.ledger.fail(Call::Balance, Failure::Delayed, 1);
    let late = {
        let (member, body) = (world.app.member("jsmith2"), body.clone());
        tokio::spawn(async move { member.post_once("/merch/purchases", &body, "once").await })
    };
    until(async || world.ledger.failed() == 1).await;
    let _time = world.time_passes();
    let paid: Value = member.post_once("/merch/purchases", &body, "once").await.json();
    assert_eq!(world.ledger.balance("jsmith2"), 25);
    world.ledger.mend();
    let late = late.await.unwrap();
    assert_eq!(late.status, StatusCode::CREATED);
    assert_eq!(late.json::<Value>()["id"], paid["id"]);
    assert_eq!(world.machine.drops().len(), 1);
}

#[tokio::test]
async fn of_50_buyers_of_the_last_can_one_gets_it() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 1).await;
    let buyers: Vec<_> = (0..50).map(|buyer| format!("buyer{buyer}")).collect();
    for buyer in &buyers {
        world.ledger.give(buyer, 100);
    }
    let worker = world.employ();
    let wanted = [coke];
    let replies = join_all(buyers.iter().map(|buyer| world.order(buyer, &wanted))).await;
    worker.abort();
    let (bought, refused): (Vec<_>, Vec<_>) =
        replies.into_iter().partition(|reply| reply.status == StatusCode::CREATED);
    assert_eq!(bought.len(), 1);
    for reply in refused {
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        assert_eq!(reply.error(), "Coke is out of stock. Please ask someone to refill this item.");
    }
    world.settle().await;
    assert_eq!(world.machine.drops().len(), 1);
    world.audit(1).await;
}

#[tokio::test]
async fn the_price_is_that_of_the_purchase() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 3).await;
    let order = world.order_soon("jsmith2", &[coke]).await;
    let dearer = crate::world::form("A1", "Coke", 500, 2);
    assert_eq!(world.officer().put(&format!("/merch/items/{coke}"), &dearer).await.status, 200);
    world.settle().await;
    order.await.unwrap();
    assert_eq!(world.ledger.balance("jsmith2"), 925);
}

#[tokio::test]
async fn nobody_spends_more_than_they_have_in_purchases_at_once() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 300, 20).await;
    let mut orders = Vec::new();
    for _ in 0..5 {
        orders.push(world.order_soon("jsmith2", &[coke]).await);
    }
    world.settle().await;
    let mut states = Vec::new();
    for order in orders {
        let purchase: Value = order.await.unwrap().json();
        states.push(purchase["state"].as_str().unwrap().to_owned());
        if purchase["state"] == "failed" {
            assert_eq!(purchase["items"][0]["reason"], "User does not have sufficient credits");
        }
    }
    states.sort();
    assert_eq!(states, ["done", "done", "done", "failed", "failed"]);
    assert_eq!(world.ledger.balance("jsmith2"), 100);
    world.audit(20).await;
}

#[tokio::test]
async fn members_see_their_own_purchases_and_officers_all() {
    let world = World::new().await;
    world.ledger.give("mdoe3", 1000);
    let coke = world.stock("A1", "Coke", 1, 100).await;
    let _time = world.time_passes();
    for netid in ["jsmith2", "mdoe3", "jsmith2", "mdoe3", "jsmith2"] {
        assert_eq!(world.order(netid, &[coke]).await.status, 201);
    }
    let ids = |page: &Purchases| page.purchases.iter().map(|p| p.id).collect::<Vec<_>>();
    let jane = world.app.member("jsmith2");
    let page: Purchases = jane.get("/merch/purchases?limit=2").await.json();
    assert_eq!((ids(&page), page.next), (vec![5, 3], Some(3)));
    let page: Purchases = jane.get("/merch/purchases?limit=2&after=3").await.json();
    assert_eq!((ids(&page), page.next), (vec![1], None));
    let page: Purchases = jane.get("/merch/purchases?netid=jsmith2").await.json();
    assert_eq!(ids(&page), [5, 3, 1]);
    let page: Purchases = world.officer().get("/merch/purchases").await.json();
    assert_eq!(ids(&page), [5, 4, 3, 2, 1]);
    assert!(page.purchases.iter().all(|purchase| purchase.items.len() == 1));
    let page: Purchases = world.officer().get("/merch/purchases?netid=mdoe3").await.json();
    assert_eq!(ids(&page), [4, 2]);

    assert_eq!(jane.get("/merch/purchases?netid=mdoe3").await.status, 403);
    let others = jane.get("/merch/purchases/2").await;
    assert_eq!(
        (others.status, others.error()),
        (StatusCode::NOT_FOUND, "Purchase not found".into())
    );
    assert_eq!(jane.get("/merch/purchases/99").await.error(), "Purchase not found");
    assert_eq!(world.app.client().get("/merch/purchases").await.status, 401);
    for wrong in ["limit=0", "limit=101", "limit=x", "after=x", "netid=%20"] {
        assert_eq!(jane.get(&format!("/merch/purchases?{wrong}")).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn officers_see_the_sales_of_each_day() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 100).await;
    let buy = async |items: &[u64]| {
        let order = world.order_soon("jsmith2", items).await;
        world.settle().await;
        order.await.unwrap();
    };
    buy(&[coke, coke]).await;
    world.clock.advance(TimeDelta::days(2));
    buy(&[coke]).await;
    let path = "/merch/sales?from=2026-09-30&to=2026-10-03";
    let days: Vec<SalesDay> = world.officer().get(path).await.json();
    let days: Vec<_> =
        days.into_iter().map(|day| (day.day.to_string(), day.count, day.credits)).collect();
    let expected = [("30", 0, 0), ("01", 2, 150), ("02", 0, 0), ("03", 1, 75)].map(|(d, n, c)| {
        let month = if d == "30" { "09" } else { "10" };
        (format!("2026-{month}-{d}"), n, c)
    });
    assert_eq!(days, expected);
    let month: Vec<SalesDay> = world.officer().get("/merch/sales").await.json();
    assert_eq!((month.len(), month.iter().map(|day| day.count).sum::<i64>()), (30, 3));
    for wrong in ["from=2026-10-02&to=2026-10-01", "from=2020-01-01&to=2026-01-01", "from=x"] {
        assert_eq!(world.officer().get(&format!("/merch/sales?{wrong}")).await.status, 400);
    }
}

#[tokio::test]
async fn a_running_worker_settles_a_purchase_by_itself() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 3).await;
    let worker = world.employ();
    let reply = world.order("jsmith2", &[coke, coke]).await;
    assert_eq!(reply.json::<Value>()["state"], "done");
    until(|| async { world.open().await == 0 }).await;
    worker.abort();
    world.audit(3).await;
}

#[tokio::test]
async fn a_day_of_sales_is_one_of_the_chapter() {
    let world = World::with(Plan { time_zone: "America/Chicago", ..Plan::default() }).await;
    let coke = world.stock("A1", "Coke", 75, 100).await;
    // The evening of 1 October in Chicago is 2 October in UTC.
    for hours in [0, 14, 16] {
        world.clock.advance(start() + TimeDelta::hours(hours) - world.clock.now());
        let order = world.order_soon("jsmith2", &[coke]).await;
        world.settle().await;
        order.await.unwrap();
    }
    world.clock.advance(start() + TimeDelta::hours(16) - world.clock.now());
    let sales = async |query: &str| {
        let days: Vec<SalesDay> = world.officer().get(&format!("/merch/sales{query}")).await.json();
        days.into_iter().map(|day| (day.day.to_string(), day.count)).collect::<Vec<_>>()
    };
    let first = ("2026-10-01".to_owned(), 3);
    assert_eq!(
        sales("?from=2026-10-01&to=2026-10-02").await,
        [first.clone(), ("2026-10-02".to_owned(), 0)]
    );
    assert_eq!(sales("").await.last(), Some(&first));
}

#[tokio::test]
async fn sales_of_days_that_nobody_lives_in_are_none() {
    let world = World::new().await;
    for day in ["-262143-01-01", "-0044-03-15", "0000-01-01", "9999-12-31", "+262142-12-30"] {
        let day = day.replace('+', "%2B");
        let reply = world.officer().get(&format!("/merch/sales?from={day}&to={day}")).await;
        let days: Vec<SalesDay> = reply.json();
        assert_eq!((days.len(), days[0].count), (1, 0), "{day}");
    }
    let reply = world.officer().get("/merch/sales?to=-262143-01-01").await;
    assert_eq!(reply.json::<Vec<SalesDay>>().len(), 1);
    let ages = world.officer().get("/merch/sales?from=-262143-01-01&to=9999-12-31").await;
    assert_eq!(ages.status, 400);
}

#[tokio::test]
async fn officers_of_another_committee_see_their_own_purchases() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 3).await;
    let bought = world.buy(&[coke]).await;
    let corporate = world.app.person("corp1", &[Role::Corporate]);
    let page: Purchases = corporate.get("/merch/purchases").await.json();
    assert!(page.purchases.is_empty());
    assert_eq!(corporate.get("/merch/purchases?netid=jsmith2").await.status, 403);
    assert_eq!(corporate.get(&format!("/merch/purchases/{}", bought.id)).await.status, 404);
    let top4 = world.app.person("chair1", &[Role::Top4]);
    assert_eq!(top4.get(&format!("/merch/purchases/{}", bought.id)).await.status, 200);
}

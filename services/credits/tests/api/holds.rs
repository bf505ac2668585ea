//! What other services do with credits.

use futures_util::future::join_all;
use grove_credits_api::{Hold, HoldState};

use super::*;

fn new(amount: i64) -> Value {
    json!({ "netid": "marga2", "amount": amount, "description": "Can of soda" })
}

async fn hold(world: &World, amount: i64, key: &str) -> Hold {
    let merch = world.app.service("merch");
    ok(&merch.post_once("/internal/holds", &new(amount), key).await).json()
}

fn capture() -> Value {
    json!({ "to": { "system": "merch_sales" } })
}

#[tokio::test]
async fn what_is_held_cannot_be_spent_and_is_paid_once() {
    let world = World::start().await;
    let merch = world.app.service("merch");
    let held = hold(&world, 300, "one").await;
    assert_eq!((held.amount, held.state), (300, HoldState::Held));
    let balance = world.balance("marga2").await;
    assert_eq!((balance.balance, balance.held, balance.available), (500, 300, 200));
    let gift = json!({ "to": "melik3", "amount": 201 });
    let short = world.app.member("marga2").post_once("/credits/transfers", &gift, "gift").await;
    assert_eq!(short.status, 402);
    assert_eq!(merch.post_once("/internal/holds", &new(201), "two").await.status, 402);

    let path = format!("/internal/holds/{}/capture", held.id);
    let to = capture();
    let replies = join_all((0..10).map(|_| merch.post(&path, &to))).await;
    for reply in &replies {
        assert_eq!(ok(reply).json::<Hold>().state, HoldState::Captured);
    }
    let balance = world.balance("marga2").await;
    assert_eq!((balance.balance, balance.held, balance.available), (200, 0, 200));
    let release = merch.post(&format!("/internal/holds/{}/release", held.id), &json!({})).await;
    assert_eq!(refusal(&release), (409, "The hold was captured already".to_owned()));
    let history: Value = world.app.member("marga2").get("/credits/transactions").await.json();
    assert_eq!(history["transactions"][0]["description"], "Can of soda");
    assert_eq!(history["transactions"][0]["actor"], "service:merch");
    assert_eq!(world.problems().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_released_can_be_spent_again() {
    let world = World::start().await;
    let merch = world.app.service("merch");
    let held = hold(&world, 300, "one").await;
    let path = format!("/internal/holds/{}", held.id);
    let release = format!("{path}/release");
    let nothing = json!({});
    for reply in join_all((0..10).map(|_| merch.post(&release, &nothing))).await {
        assert_eq!(ok(&reply).json::<Hold>().state, HoldState::Released);
    }
    assert_eq!(world.balance("marga2").await.available, 500);
    let captured = merch.post(&format!("{path}/capture"), &capture()).await;
    assert_eq!(refusal(&captured), (409, "The hold was released already".to_owned()));
    assert_eq!(merch.get(&path).await.json::<Hold>().state, HoldState::Released);
    // The same request again is the same hold, whatever became of it.
    assert_eq!(hold(&world, 300, "one").await.id, held.id);
    assert_eq!(world.problems().await, Vec::<String>::new());
}

#[tokio::test]
async fn of_a_capture_and_a_release_at_once_one_wins() {
    let world = World::start().await;
    let merch = world.app.service("merch");
    for number in 0..10 {
        let held = hold(&world, 20, &number.to_string()).await;
        let path = format!("/internal/holds/{}", held.id);
        let (captured, released) = (format!("{path}/capture"), format!("{path}/release"));
        let (to, nothing) = (capture(), json!({}));
        let (captured, released) =
            tokio::join!(merch.post(&captured, &to), merch.post(&released, &nothing));
        let mut statuses = [captured.status.as_u16(), released.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
    }
    assert_eq!(world.balance("marga2").await.held, 0);
    assert_eq!(world.problems().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_service_moves_credits_its_own_way_only() {
    let world = World::start().await;
    let (member, escrow) = (json!({ "member": "marga2" }), json!({ "system": "gig_escrow" }));
    let (mint, sales) = (json!({ "system": "mint" }), json!({ "system": "merch_sales" }));
    let cards = json!({ "system": "card_top_ups" });
    let other = json!({ "member": "melik3" });
    for (service, from, to, status) in [
        ("gigs", &member, &escrow, 200),
        ("gigs", &escrow, &other, 200),
        ("gigs", &mint, &member, 200),
        ("gigs", &member, &mint, 403),
        ("gigs", &member, &other, 403),
        ("gigs", &sales, &member, 403),
        ("gigs", &cards, &member, 403),
        ("gigs", &escrow, &mint, 403),
        ("merch", &member, &sales, 403),
        ("merch", &mint, &member, 403),
        ("merch", &sales, &member, 402),
        ("users", &mint, &member, 403),
    ] {
        let body = json!({ "from": from, "to": to, "amount": 10, "description": "" });
        let key = format!("{service} {from} {to}");
        let reply = world.app.service(service).post_once("/internal/transfers", &body, &key).await;
        assert_eq!(reply.status.as_u16(), status, "{key}");
    }
    assert_eq!(world.balance("marga2").await.balance, INITIAL);
    assert_eq!(world.balance("melik3").await.balance, INITIAL + 10);
    assert_eq!(world.problems().await, Vec::<String>::new());
}

#[tokio::test]
async fn internal_routes_are_for_services() {
    let world = World::start().await;
    let held = hold(&world, 20, "one").await;
    let officer = world.app.officer("officer1");
    let gigs = world.app.service("gigs");
    for caller in [&officer, &gigs] {
        assert_eq!(caller.get(&format!("/internal/holds/{}", held.id)).await.status, 403);
        assert_eq!(caller.post_once("/internal/holds", &new(1), "x").await.status, 403);
    }
    let body = json!({ "from": { "system": "mint" }, "to": { "member": "marga2" }, "amount": 10,
                       "description": "" });
    assert_eq!(officer.post_once("/internal/transfers", &body, "x").await.status, 403);
    assert_eq!(officer.get("/internal/members/marga2").await.status, 403);
    let balance: Balance = gigs.get("/internal/members/marga2").await.json();
    assert_eq!(balance.available, 480);
    assert_eq!(gigs.get("/internal/members/zoe2").await.status, 404);
}

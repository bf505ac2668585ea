//! Officers are told that something runs out.

use grove_merch::Restock;
use grove_merch_api::{Purchase, PurchaseState};
use grove_shared::db;

use crate::{
    World,
    world::{Plan, form, until},
};

fn plan() -> Plan {
    let restock = Restock {
        restock_recipients: vec!["merch@example.edu".to_owned()],
        restock_slack_channel: Some("#merch-status".to_owned()),
    };
    Plan { restock, ..Plan::default() }
}

#[tokio::test]
async fn little_stock_is_told_once_until_it_is_filled_again() {
    let world = World::with(plan()).await;
    let coke = world.stock("A1", "Coke", 1, 4).await;
    world.stock("A2", "Coke", 1, 3).await;
    let told = async || {
        world.settle().await;
        world.effects().deliver_due().await.unwrap()
    };
    world.buy(&[coke, coke]).await;
    assert_eq!(told().await, 0);
    world.buy(&[coke]).await;
    assert_eq!(told().await, 1);
    let notification = world.ledger.notifications().pop().unwrap();
    assert_eq!(notification.message, "Coke runs out: 4 left in the vending machine.");
    assert_eq!(notification.services[0].name, "email");
    assert_eq!(notification.services[0].recipients, ["merch@example.edu"]);
    assert_eq!(notification.services[1].name, "slack");
    assert_eq!(notification.services[1].recipients, ["#merch-status"]);
    // Slack takes no subject: notifications would refuse the whole message.
    assert!(notification.services[1].subject.is_none());
    assert_eq!(notification.kind.as_deref(), Some("merch"));

    world.buy(&[coke, coke]).await;
    assert_eq!(told().await, 0);
    world.officer().put(&format!("/merch/items/{coke}"), &form("A2", "Coke", 1, 4)).await;
    world.buy(&[coke]).await;
    assert_eq!(told().await, 0, "it was not filled");
    world.officer().put(&format!("/merch/items/{coke}"), &form("A2", "Coke", 1, 5)).await;
    world.buy(&[coke]).await;
    assert_eq!(told().await, 1);
}

#[tokio::test]
async fn nobody_is_told_when_nobody_asked() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 1, 5).await;
    world.buy(&[coke]).await;
    world.settle().await;
    assert_eq!(world.count("SELECT COUNT(*) FROM outbox").await, 0);
}

#[tokio::test]
async fn a_sale_waits_for_an_officer_who_fills_the_item_before_it_counts() {
    let world = World::with(plan()).await;
    let coke = world.stock("A1", "Coke", 1, 5).await;
    let order = world.order_soon("jsmith2", &[coke]).await;
    // An officer fills the item while the machine vends.
    let mut filling = db::begin(&world.db.pool()).await.unwrap();
    sqlx::query("SELECT id FROM items FOR UPDATE").fetch_all(&mut *filling).await.unwrap();
    let worker = world.employ();
    let waits = "SELECT COUNT(*) FROM information_schema.processlist
                 WHERE db = DATABASE() AND id <> CONNECTION_ID() AND info LIKE '%items%'
                   AND info NOT LIKE '%processlist%'";
    until(async || world.machine.drops().len() == 1 && world.count(waits).await > 0).await;
    let fill = sqlx::query("UPDATE locations SET quantity = 40 WHERE code = 'A1'");
    fill.execute(&mut *filling).await.unwrap();
    filling.commit().await.unwrap();
    assert_eq!(order.await.unwrap().json::<Purchase>().state, PurchaseState::Done);
    worker.abort();
    assert_eq!(world.count("SELECT COUNT(*) FROM outbox").await, 0, "there is enough");
}

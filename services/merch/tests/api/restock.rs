//! Officers are told that something runs out.

use grove_merch::Restock;
use serde_json::json;

use crate::{
    World,
    world::{Plan, form},
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
    assert_eq!(notification["message"], "Coke runs out: 4 left in the vending machine.");
    assert_eq!(notification["services"][0]["name"], "email");
    assert_eq!(notification["services"][0]["recipients"], json!(["merch@example.edu"]));
    assert_eq!(notification["services"][1]["name"], "slack");
    assert_eq!(notification["services"][1]["recipients"], json!(["#merch-status"]));
    // Slack takes no subject: notifications would refuse the whole message.
    assert!(notification["services"][1].get("subject").is_none());
    assert_eq!(notification["kind"], "merch");

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

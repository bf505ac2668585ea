//! The service as a program.

use clap::Parser;
use grove_merch::{Config, admin};
use grove_shared::api::merch::NewItem;

use crate::{World, world::start};

fn config(arguments: &[&str]) -> Config {
    Config::parse_from([&["merch"], arguments].concat())
}

#[test]
fn without_settings_there_is_no_machine_and_no_pin() {
    let config = config(&[]);
    assert!(config.machine.machine().unwrap().is_none());
    assert!(config.pins.key().unwrap().is_none());
    assert!(config.restock.restock_recipients.is_empty());
}

#[test]
fn a_machine_needs_a_url_and_a_token_and_a_key_is_no_word() {
    let url = ["--machine-url", "http://127.0.0.1:5000/pi/"];
    assert!(config(&url).machine.machine().is_err());
    assert!(config(&["--machine-url", "pi", "--machine-token", "t"]).machine.machine().is_err());
    let machine = config(&[&url[..], &["--machine-token", "t0p"]].concat()).machine.machine();
    assert!(!format!("{machine:?}").contains("t0p"));
    assert!(machine.unwrap().is_some());

    assert!(config(&["--merch-pin-key", "short"]).pins.key().is_err());
    let key = "k".repeat(32);
    assert!(config(&["--merch-pin-key", &key]).pins.key().unwrap().is_some());
}

#[test]
fn recipients_are_separated_by_commas() {
    let config = config(&["--restock-recipients", "a@example.edu,b@example.edu"]);
    assert_eq!(config.restock.restock_recipients.len(), 2);
}

#[tokio::test]
async fn demo_data_does_not_touch_what_is_there() {
    let world = World::new().await;
    let item = |name: &str, location: &str| NewItem {
        name: name.to_owned(),
        price: 75,
        image_url: "https://example.edu/can.png".to_owned(),
        quantity: 5,
        location: location.to_owned(),
    };
    let add = async |item| admin::add_item(&world.db.pool(), &item, start()).await;
    add(item("Coke", "A1")).await.unwrap();
    add(item("Tea", "A1")).await.unwrap();
    assert!(add(item("Tea", "F1")).await.is_err());
    let items = world.items().await;
    assert_eq!((items.len(), items[0].name.as_str(), items[0].total_stock), (1, "Coke", 5));
}

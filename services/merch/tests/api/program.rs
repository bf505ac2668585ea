//! The service as a program.

use std::net::SocketAddr;

use clap::Parser;
use grove_merch::{Config, admin, run};
use grove_shared::{
    Role,
    api::merch::NewItem,
    identity::{GATEWAY, IDENTITY, Identity, SigningKey, Subject},
    peer::{IDEMPOTENCY_KEY, http_client},
    server,
    testing::{TestDatabase, reveal},
};
use grove_vending_machine as vending;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{
    World,
    ledger::Ledger,
    world::{form, start, until},
};

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
    assert!(Config::try_parse_from(["merch", "--machine-url", "pi"]).is_err());
    let other = ["--machine-url", "ftp://127.0.0.1/pi", "--machine-token", "t"];
    assert!(config(&other).machine.machine().is_err());
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

async fn free_address() -> SocketAddr {
    server::bind(([127, 0, 0, 1], 0).into()).await.unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn the_program_sells_from_the_machine_and_stops_when_told() {
    let (db, ledger) = (TestDatabase::create_empty().await, Ledger::start().await);
    ledger.give("jsmith2", 100);
    let (secret, gateway) = (SigningKey::generate_secret(), SigningKey::generate_secret());
    let own = SigningKey::new("merch", &secret).unwrap();
    let gateway = SigningKey::new(GATEWAY, &gateway).unwrap();
    let (address, machine) = (free_address().await, free_address().await);
    let names = ["credits", "users", "notifications"];
    let arguments = [
        format!("--listen={address}"),
        format!("--database-url={}", reveal(&db.url())),
        format!("--identity-key={}", reveal(&secret)),
        format!("--trusted-keys={},{}", own.public(), gateway.public()),
        format!("--peers={}", names.map(|name| format!("{name}={}", ledger.url)).join(",")),
        format!("--machine-url=http://{machine}"),
        "--machine-token=token".to_owned(),
    ];
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let stop = CancellationToken::new();
    let machine = format!("--listen={machine}");
    let machine = vending::Config::parse_from(["machine", &machine, "--machine-token", "token"]);
    let machine = tokio::spawn(vending::run(machine, stop.clone()));
    let program = tokio::spawn(run(config(&arguments), stop.clone()));

    let http = http_client().unwrap();
    let url = format!("http://{address}");
    until(async || http.get(format!("{url}/readyz")).send().await.is_ok()).await;
    let subject = Subject::Person {
        netid: "jsmith2".parse().unwrap(),
        roles: vec![Role::Admin],
        session: Some(1),
    };
    let identity = Identity { subject, client: None, address: None };
    let identity = gateway.sign(&identity, "merch").unwrap();
    let post = |path: &str, body: Value| {
        let request = http.post(format!("{url}{path}")).header(IDENTITY, &identity).json(&body);
        request.header(IDEMPOTENCY_KEY, "one").send()
    };
    let reply = post("/merch/items", form("A1", "Coke", 75, 3)).await.unwrap();
    assert_eq!(reply.status(), 200);
    let reply = post("/merch/purchases", json!({ "items": [1] })).await.unwrap();
    let purchase: Value = reply.json().await.unwrap();
    assert_eq!(purchase["state"], "done");
    until(async || ledger.balance("jsmith2") == 25).await;
    stop.cancel();
    program.await.unwrap().unwrap();
    machine.await.unwrap().unwrap();
}

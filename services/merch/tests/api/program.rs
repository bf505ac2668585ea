//! The service as a program.

use std::net::SocketAddr;

use chrono::TimeDelta;
use clap::Parser;
use grove_http::server;
use grove_identity::{GATEWAY, IDENTITY, Identity, SigningKey, Subject};
use grove_merch::{Config, admin, service};
use grove_merch_api::NewItem;
use grove_shared::{Clock, Role, Standing, call::IDEMPOTENCY_KEY};
use grove_testing::{TestDatabase, reveal};
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
        name: name.into(),
        price: 75.into(),
        image_url: "https://example.edu/can.png".into(),
        quantity: 5.into(),
        location: location.into(),
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

/// The program's configuration, with the schema `db`.
fn arguments(db: &TestDatabase, ledger: &Ledger, address: SocketAddr) -> Vec<String> {
    let peers = ledger.urls();
    let peers: Vec<_> = peers.iter().map(|(name, url)| format!("{name}={url}")).collect();
    vec![
        format!("--listen={address}"),
        format!("--database-url={}", reveal(&db.url())),
        format!("--peers={}", peers.join(",")),
    ]
}

#[tokio::test]
async fn counts_of_wrong_pins_are_forgotten_in_time() {
    let world = World::new().await;
    let now = Clock::system().now();
    for (kiosk, wrong, since) in [
        ("none@1", 0, None),
        ("old@1", 4, Some(now - TimeDelta::days(2))),
        ("new@1", 4, Some(now - TimeDelta::minutes(1))),
    ] {
        let row = sqlx::query("INSERT INTO pin_tries (kiosk, wrong, since) VALUES (?, ?, ?)");
        row.bind(kiosk).bind(wrong).bind(since).execute(&world.db.pool()).await.unwrap();
    }
    let secret = SigningKey::generate_secret();
    let own = SigningKey::new("merch", &secret).unwrap();
    let mut arguments = arguments(&world.db, &world.ledger, free_address().await);
    arguments.push(format!("--identity-key={}", reveal(&secret)));
    arguments.push(format!("--trusted-keys={}", own.public()));
    let config = config(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let (stop, kiosks) = (CancellationToken::new(), "SELECT COUNT(*) FROM pin_tries");
    let stopped = stop.clone();
    let program = tokio::spawn(async move { grove_service::run(&config, service, stopped).await });
    until(async || world.count(kiosks).await == 1).await;
    let left: String = sqlx::query_scalar("SELECT kiosk FROM pin_tries")
        .fetch_one(&world.db.pool())
        .await
        .unwrap();
    assert_eq!(left, "new@1");
    stop.cancel();
    program.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_program_sells_from_the_machine_and_stops_when_told() {
    let (db, ledger) = (TestDatabase::create_empty().await, Ledger::start().await);
    ledger.give("jsmith2", 100);
    let (secret, gateway) = (SigningKey::generate_secret(), SigningKey::generate_secret());
    let own = SigningKey::new("merch", &secret).unwrap();
    let gateway = SigningKey::new(GATEWAY, &gateway).unwrap();
    let (address, machine) = (free_address().await, free_address().await);
    let mut arguments = arguments(&db, &ledger, address);
    arguments.extend([
        format!("--identity-key={}", reveal(&secret)),
        format!("--trusted-keys={},{}", own.public(), gateway.public()),
        format!("--machine-url=http://{machine}"),
        "--machine-token=token".to_owned(),
    ]);
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let stop = CancellationToken::new();
    let machine = format!("--listen={machine}");
    let machine = vending::Config::parse_from(["machine", &machine, "--machine-token", "token"]);
    let machine = tokio::spawn(vending::run(machine, stop.clone()));
    let (config, stopped) = (config(&arguments), stop.clone());
    let program = tokio::spawn(async move { grove_service::run(&config, service, stopped).await });

    let http = grove_outside::client_builder().build().unwrap();
    let url = format!("http://{address}");
    until(async || http.get(format!("{url}/readyz")).send().await.is_ok()).await;
    let subject = Subject::Person {
        netid: "jsmith2".parse().unwrap(),
        roles: vec![Role::Admin],
        standing: Standing::Member,
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

//! Client tokens: who may call the gateway at all.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use clap::Parser;
use grove_gateway::{
    Cli, Config,
    clients::{self, Scope},
};
use grove_shared::Clock;
use grove_testing::reveal;
use http::StatusCode;
use tokio_util::sync::CancellationToken;

use crate::{House, reply};

async fn status(house: &House, authorization: &str) -> StatusCode {
    reply(house.request_by(authorization, "GET", "/events")).await.status
}

/// Asks again until a token has this status; other gateways learn of a change within a second.
async fn becomes(house: &House, token: &str, expected: StatusCode) {
    let began = Instant::now();
    while status(house, token).await != expected {
        assert!(began.elapsed() < Duration::from_millis(1500), "{expected} takes too long");
    }
}

#[tokio::test]
async fn a_registered_token_opens_the_gateway_bare_or_as_bearer() {
    let house = House::start().await;
    assert_eq!(status(&house, &house.token).await, StatusCode::OK);
    assert_eq!(status(&house, &format!("Bearer {}", house.token)).await, StatusCode::OK);
    for wrong in ["", "x", "Bearer ", &format!("Basic {}", house.token), &house.token[1..]] {
        let refused = reply(house.request_by(wrong, "GET", "/events")).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{wrong}");
        assert_eq!(refused.error(), "A registered client token is needed");
    }
    let missing = house.http.get(format!("http://{}/events", house.address));
    assert_eq!(reply(missing).await.status, StatusCode::FORBIDDEN);
    let index = reply(house.http.get(format!("http://{}/", house.address))).await;
    assert_eq!((index.status, index.body), (StatusCode::OK, b"I AM GROOT!\n".to_vec()));
    assert!(index.headers["content-type"].to_str().unwrap().starts_with("text/plain"));
}

#[tokio::test]
async fn a_new_token_counts_at_once_and_a_revoked_one_ends_within_a_second() {
    let house = House::start().await;
    let token = house.client("app", &[]).await;
    assert_eq!(status(&house, &token).await, StatusCode::OK);
    assert_eq!(clients::check(&house.db.pool(), &token).await.unwrap().as_deref(), Some("app"));
    assert_eq!(clients::remove(&house.db.pool(), "app").await.unwrap(), 1);
    becomes(&house, &token, StatusCode::FORBIDDEN).await;
    assert_eq!(clients::check(&house.db.pool(), &token).await.unwrap(), None);
    assert_eq!(clients::remove(&house.db.pool(), "app").await.unwrap(), 0);
    assert_eq!(status(&house, &house.token).await, StatusCode::OK);
}

#[tokio::test]
async fn a_token_ends_when_it_expires() {
    let house = House::start().await;
    let soon = Clock::system().now() + TimeDelta::milliseconds(400);
    let token = clients::register(&house.db.pool(), "brief", &[], Some(soon)).await.unwrap();
    assert_eq!(status(&house, reveal(&token)).await, StatusCode::OK);
    becomes(&house, reveal(&token), StatusCode::FORBIDDEN).await;
}

#[tokio::test]
async fn two_tokens_overlap_while_one_replaces_the_other() {
    let house = House::start().await;
    let db = house.db.pool();
    let old = house.client("site", &[Scope::ForwardAddress]).await;
    let new = clients::rotate(&db, "site", Duration::from_hours(1)).await.unwrap();
    assert_eq!(status(&house, &old).await, StatusCode::OK);
    assert_eq!(status(&house, reveal(&new)).await, StatusCode::OK);
    let site: Vec<_> = clients::list(&db).await.unwrap();
    let site: Vec<_> = site.iter().filter(|client| client.name == "site").collect();
    assert!(site.iter().all(|client| client.scopes == [Scope::ForwardAddress]));
    assert_eq!(site.iter().filter(|client| client.expires_at.is_some()).count(), 1);
    clients::rotate(&db, "site", Duration::ZERO).await.unwrap();
    becomes(&house, &old, StatusCode::FORBIDDEN).await;
    becomes(&house, reveal(&new), StatusCode::FORBIDDEN).await;
    assert!(clients::rotate(&db, "nobody", Duration::ZERO).await.is_err());
}

#[tokio::test]
async fn the_database_has_no_token_and_only_well_formed_names() {
    let house = House::start().await;
    let stored: Vec<(Vec<u8>, String)> = sqlx::query_as("SELECT token_hash, name FROM clients")
        .fetch_all(&house.db.pool())
        .await
        .unwrap();
    assert_eq!(stored[0].0, grove_shared::token::hash(&house.token));
    for name in ["", "a b", "a/b", "<b>", "é", &"a".repeat(65)] {
        assert!(clients::register(&house.db.pool(), name, &[], None).await.is_err(), "{name}");
    }
    assert!("root".parse::<Scope>().is_err());
}

#[tokio::test]
async fn the_last_use_is_written_when_the_gateway_stops() {
    let house = House::start().await;
    assert_eq!(status(&house, &house.token).await, StatusCode::OK);
    let House { db, _stop: stop, .. } = house;
    drop(stop);
    let began = Instant::now();
    while clients::list(&db.pool()).await.unwrap()[0].last_used_at.is_none() {
        assert!(began.elapsed() < Duration::from_secs(5));
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_outage_of_the_database_stops_no_known_client() {
    let house = House::start().await;
    assert_eq!(status(&house, &house.token).await, StatusCode::OK);
    house.db.pool().close().await;
    assert_eq!(status(&house, &house.token).await, StatusCode::OK);
    assert_eq!(status(&house, "unknown").await, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn the_command_line_of_arbor_works_while_the_gateway_runs() {
    let house = House::start().await;
    let url = format!("--database-url={}", reveal(&house.db.url()));
    let run = async |arguments: &[&str]| {
        let all = ["grove-gateway", &url].into_iter().chain(arguments.iter().copied());
        Cli::try_parse_from(all).map_err(anyhow::Error::from)?.execute().await
    };
    run(&["-r", "phone", "--scopes", "act-as,forward-address", "--expires-in-days=7"])
        .await
        .unwrap();
    let phones = clients::list(&house.db.pool()).await.unwrap();
    let phone = phones.iter().find(|client| client.name == "phone").unwrap();
    assert_eq!(phone.scopes, [Scope::ActAs, Scope::ForwardAddress]);
    assert!(phone.expires_at.is_some() && phone.to_string().contains("act-as,forward-address"));
    run(&["--list-clients"]).await.unwrap();
    run(&["--check-registration", &house.token]).await.unwrap();
    assert!(run(&["-c", "unknown"]).await.is_err());
    run(&["-d", "phone"]).await.unwrap();
    assert!(run(&["-d", "phone"]).await.is_err());
    assert!(run(&["-r", "a", "-l"]).await.is_err() && run(&["--scopes", "act-as"]).await.is_err());
    assert!(run(&["--frobnicate"]).await.is_err());
}

#[tokio::test]
async fn without_tokens_the_gateway_stays_on_loopback() {
    let house = House::with(&["--unsecured"]).await;
    assert_eq!(status(&house, "").await, StatusCode::OK);
    let elsewhere = "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    assert!(house.raw(elsewhere).await.starts_with("HTTP/1.1 421 "));
    assert!(House::start().await.raw(elsewhere).await.starts_with("HTTP/1.1 200 "));
    let open = ["gateway", "--unsecured", "--listen=0.0.0.0:0", "--admin-listen=127.0.0.1:0"];
    let refused = grove_gateway::run(Config::parse_from(open), CancellationToken::new()).await;
    assert!(refused.unwrap_err().to_string().contains("loopback"));
}

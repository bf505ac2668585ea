//! What officers see of every service.

use std::time::Instant;

use axum::{Router, routing::get};
use grove_gateway_api::{Health, ServiceStatus, Status};
use serde_json::Value;

use super::*;

impl House {
    async fn status(&self) -> Status {
        let reply = self.officer("GET", "/status").send().await.unwrap();
        assert_eq!(reply.status, 200);
        reply.json()
    }
}

fn service<'a>(status: &'a Status, name: &str) -> &'a ServiceStatus {
    status.services.iter().find(|service| service.name == name).unwrap()
}

#[tokio::test]
async fn every_service_is_asked_and_a_dead_or_silent_one_is_down_soon() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let flag = format!(
        "--upstreams=gigs=http://127.0.0.1:1,merch=http://{}",
        silent.local_addr().unwrap()
    );
    let house = House::with(&[&flag]).await;
    let began = Instant::now();
    let status = house.status().await;
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(status.services[0].name, "gateway");
    for (name, health) in
        [("users", Health::Ready), ("gigs", Health::Down), ("merch", Health::Down)]
    {
        assert_eq!(service(&status, name).health, health, "{name}");
    }
    assert_eq!(status.backup, None);
}

#[tokio::test]
async fn a_service_that_waits_for_its_database_is_not_ready_and_what_it_owes_is_shown() {
    const OWED: &str = "outbox_pending{service=\"gigs\"} 3\noutbox_dead{service=\"gigs\"} 1\n";
    let routes = Router::new()
        .route("/livez", get(async || r#"{"status":"alive","version":"1.2.3"}"#))
        .route("/readyz", get(async || std::future::pending::<()>().await))
        .route("/metrics", get(async || OWED));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let flag = format!("--upstreams=gigs=http://{}", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    tokio::spawn(grove_http::server::serve(listener, routes, stop.clone()));
    let house = House::with(&[&flag]).await;
    let status = house.status().await;
    let gigs = service(&status, "gigs");
    assert_eq!((gigs.health, gigs.version.as_deref()), (Health::NotReady, Some("1.2.3")));
    let outbox = gigs.outbox.unwrap();
    assert_eq!((outbox.pending, outbox.dead), (3, 1));
    stop.cancel();
}

/// Counts are those of the process, in which other tests may run, too.
#[tokio::test]
async fn failures_use_up_the_error_budget() {
    let house = House::start().await;
    house.request("GET", "/groups/sigs").send().await.unwrap();
    let before = service(&house.status().await, "groups").traffic;
    assert!(before.requests > before.failures && before.p50_ms.is_some(), "{before:?}");
    let failed = house.request("GET", "/groups/sigs?status=500").send().await.unwrap();
    assert_eq!(failed.status, 500);
    let after = service(&house.status().await, "groups").traffic;
    assert!(after.requests > before.requests && after.failures > before.failures, "{after:?}");
    assert!(after.budget_left(0.001) < f64::EPSILON);
}

#[tokio::test]
async fn nobody_but_officers_sees_it() {
    let house = House::start().await;
    for (request, status) in
        [(house.request("GET", "/status"), 401), (house.member("GET", "/status"), 403)]
    {
        let reply = request.send().await.unwrap();
        assert_eq!(reply.status, status);
        assert!(reply.json::<Value>()["services"].is_null());
    }
}

#[tokio::test]
async fn what_the_backups_say_is_passed_on() {
    let folder = std::env::temp_dir().join(format!("grove-status-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("status.json");
    let flag = format!("--backup-status-file={}", file.display());
    let house = House::with(&[&flag]).await;
    assert!(house.status().await.backup.unwrap().error.unwrap().contains("do not say"));
    std::fs::write(&file, r#"{"last_full_at": "2026-11-22T03:00:00Z", "logs_copied_at": "2026-11-22T18:00:05Z", "error": ""}"#).unwrap();
    let backup = house.status().await.backup.unwrap();
    assert_eq!(backup.last_full_at.unwrap().to_rfc3339(), "2026-11-22T03:00:00+00:00");
    assert_eq!((backup.saved_until.is_some(), backup.error), (true, None));
    std::fs::remove_dir_all(&folder).unwrap();
}

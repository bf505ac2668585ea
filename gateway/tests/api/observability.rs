//! What operators see, and what they must not.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use clap::Parser;
use grove_gateway::{Config, MIGRATOR};
use grove_shared::{
    telemetry,
    testing::{TestDatabase, reveal},
};
use http::StatusCode;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::{House, failures::nobody, reply};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_request_is_one_line_that_holds_no_secret() {
    let lines = Lines::default();
    let writer = lines.clone();
    let dispatch = telemetry::dispatch("info", false, move || writer.clone()).unwrap();
    // The other tests of this process log here too, and must not log secrets either.
    tracing::dispatcher::set_global_default(dispatch).unwrap();
    let house = House::start().await;
    let path = "/session/secret-of-the-path?token=secret-of-the-query";
    let request = house.member("GET", path).header("x-request-id", "visit-logged");
    assert_eq!(reply(request.body("secret-of-the-body")).await.status, StatusCode::OK);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let line = text.lines().find(|line| line.contains("visit-logged")).unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    for (field, value) in [
        ("method", "GET"),
        ("route", "/session/{token}"),
        ("upstream", "auth"),
        ("client", "kiosk"),
        ("netid", "member"),
        ("request.id", "visit-logged"),
    ] {
        assert_eq!(line[field], value, "{line}");
    }
    assert!(line["status"] == 200 && line["duration_ms"].is_f64(), "{line}");
    for secret in ["secret-of", house.token.as_str(), "member-session"] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn health_and_metrics_have_an_address_of_their_own() {
    let db = TestDatabase::create(&MIGRATOR).await;
    let (public, admin) = (nobody().await, nobody().await);
    let secret = grove_shared::identity::SigningKey::generate_secret();
    let flags = [
        "gateway".to_owned(),
        format!("--listen={public}"),
        format!("--admin-listen={admin}"),
        format!("--database-url={}", reveal(&db.url())),
        format!("--identity-key={}", reveal(&secret)),
    ];
    let stop = CancellationToken::new();
    let run = tokio::spawn(grove_gateway::run(Config::parse_from(flags), stop.clone()));
    let http = grove_shared::peer::http_client().unwrap();
    let get = async |path: &str| http.get(format!("http://{admin}{path}")).send().await;
    while !get("/readyz").await.is_ok_and(|answer| answer.status().is_success()) {
        tokio::task::yield_now().await;
    }
    assert_eq!(get("/livez").await.unwrap().status(), StatusCode::OK);
    let index = http.get(format!("http://{public}/")).send().await.unwrap();
    assert_eq!(index.status(), StatusCode::OK);
    let metrics = get("/metrics").await.unwrap().text().await.unwrap();
    let counted =
        "http_requests_total{service=\"gateway\",method=\"GET\",route=\"/\",status=\"200\"}";
    assert!(metrics.contains(counted), "{metrics}");
    for path in ["/metrics", "/readyz", "/livez"] {
        let public = http.get(format!("http://{public}{path}")).send().await.unwrap();
        assert_eq!(public.status(), StatusCode::NOT_FOUND, "{path}");
    }
    stop.cancel();
    run.await.unwrap().unwrap();
}

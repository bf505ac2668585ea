//! What operators see, and what they must not.

use std::{
    io::Write,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use clap::Parser;
use grove_client::SendError;
use grove_gateway::{Config, MIGRATOR};
use grove_telemetry as telemetry;
use grove_testing::{Reply, TestDatabase, reveal};
use http::StatusCode;
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{House, failures::nobody, reply, requests::Http};

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

/// The gateway as a program, with its public and its private address.
struct Program {
    public: SocketAddr,
    admin: SocketAddr,
    http: Http,
    stop: CancellationToken,
    run: JoinHandle<anyhow::Result<()>>,
    _db: TestDatabase,
}

impl Program {
    async fn start(more: &[String]) -> Self {
        let db = TestDatabase::create(&MIGRATOR).await;
        let (public, admin) = (nobody().await, nobody().await);
        let secret = grove_identity::SigningKey::generate_secret();
        let mut flags = vec![
            "gateway".to_owned(),
            format!("--listen={public}"),
            format!("--admin-listen={admin}"),
            format!("--database-url={}", reveal(&db.url())),
            format!("--identity-key={}", reveal(&secret)),
        ];
        flags.extend_from_slice(more);
        let stop = CancellationToken::new();
        let run = tokio::spawn(grove_gateway::run(Config::parse_from(flags), stop.clone()));
        let http = Http::default();
        let program = Self { public, admin, http, stop, run, _db: db };
        while !program.asks("/readyz").await.is_ok_and(|answer| answer.status.is_success()) {
            tokio::task::yield_now().await;
        }
        program
    }

    async fn asks(&self, path: &str) -> Result<Reply, SendError> {
        self.http.get(format!("http://{}{path}", self.admin)).send().await
    }

    async fn metrics(&self) -> String {
        String::from_utf8(self.asks("/metrics").await.unwrap().body).unwrap()
    }

    async fn end(self) {
        self.stop.cancel();
        self.run.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn health_and_metrics_have_an_address_of_their_own() {
    let program = Program::start(&[]).await;
    let public = async |path: &str| {
        program.http.get(format!("http://{}{path}", program.public)).send().await.unwrap().status
    };
    assert_eq!(program.asks("/livez").await.unwrap().status, StatusCode::OK);
    assert_eq!(public("/").await, StatusCode::OK);
    let metrics = program.metrics().await;
    let counted =
        "http_requests_total{service=\"gateway\",method=\"GET\",route=\"/\",status=\"200\"}";
    assert!(metrics.contains(counted), "{metrics}");
    // A name that leads here from elsewhere, as a page of its owner's could use it.
    let elsewhere = program.http.get(format!("http://{}/status", program.admin));
    let elsewhere = elsewhere.header("host", "evil.example").send().await.unwrap();
    assert_eq!(elsewhere.status, StatusCode::MISDIRECTED_REQUEST);
    for path in ["/metrics", "/readyz", "/livez", "/targets"] {
        assert_eq!(public(path).await, StatusCode::NOT_FOUND, "{path}");
    }
    program.end().await;
}

#[tokio::test]
async fn the_private_address_tells_how_the_services_are_and_where_their_metrics() {
    let upstreams = "--upstreams=users=http://localhost:8001,polls=http://nowhere.invalid:7001";
    let program = Program::start(&[upstreams.to_owned()]).await;
    let status: Value = program.asks("/status").await.unwrap().json();
    assert_eq!(status["services"][0]["name"], "gateway");
    let targets: Value = program.asks("/targets").await.unwrap().json();
    let of = |service: &str| {
        let mut groups = targets.as_array().unwrap().iter();
        groups.find(|group| group["labels"]["service"] == service).unwrap()["targets"].clone()
    };
    assert!(of("users").as_array().unwrap().contains(&"127.0.0.1:8001".into()), "{targets}");
    // What cannot be found is asked for, so that it is seen to be down.
    assert_eq!(of("polls"), serde_json::json!(["nowhere.invalid:7001"]));
    program.end().await;
}

#[tokio::test]
async fn the_metrics_tell_of_the_process_and_when_the_last_backup_was_made() {
    let file = std::env::temp_dir().join(format!("grove-backup-{}.json", std::process::id()));
    std::fs::write(&file, r#"{"last_full_at": "2026-11-22T03:00:00Z"}"#).unwrap();
    let program = Program::start(&[format!("--backup-status-file={}", file.display())]).await;
    let metrics = program.metrics().await;
    for line in ["backup_last_full_timestamp_seconds 1795316400", "process_cpu_seconds_total "] {
        assert!(metrics.contains(line), "{metrics}");
    }
    let memory =
        metrics.lines().find_map(|line| line.strip_prefix("process_resident_memory_bytes "));
    assert!(memory.unwrap().parse::<f64>().unwrap() > 1e6);
    std::fs::remove_file(file).unwrap();
    program.end().await;
}

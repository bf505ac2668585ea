//! One request, followed through everything that it touched: log lines and traces.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{Router, extract::State, routing::post};
use grove_shared::config::TracesConfig;
use grove_telemetry::traces;
use serde_json::{Value, json};

use crate::world::{Caller, World};

/// The kinds of spans in OTLP.
const INTERNAL: u8 = 1;
const SERVER: u8 = 2;
const CLIENT: u8 = 3;

const WISH: [(&str, &str); 4] =
    [("first_name", "Nova"), ("last_name", "Reed"), ("netid", "nreed2"), ("uin", "612345678")];

/// Joins, as a request of this name.
async fn join(client: &Caller, id: &str, headers: &[(&str, &str)]) -> u16 {
    let mut wish: Value = WISH.iter().map(|(key, value)| (*key, *value)).collect();
    wish["SIGCrypt"] = json!("on");
    let mut request = client.http.post(format!("{}/users", client.gateway)).json(&wish);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let token = client.client_token.as_deref().unwrap();
    request
        .header("authorization", token)
        .header("x-request-id", id)
        .send()
        .await
        .unwrap()
        .status()
        .as_u16()
}

/// Waits until the log of `service` has a line with both.
async fn logged(world: &World, service: &str, id: &str, text: &str) -> String {
    let deadline = Instant::now() + Duration::from_secs(20);
    let file = world.chapter.logs().join(format!("{service}.log"));
    loop {
        let log = std::fs::read_to_string(&file).unwrap();
        if let Some(line) = log.lines().find(|line| line.contains(id) && line.contains(text)) {
            return line.to_owned();
        }
        assert!(Instant::now() < deadline, "{service} logged no {text:?} of {id}: {log}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn every_service_that_a_request_touches_logs_its_id_even_what_it_causes_later() {
    let world = World::start().await;
    assert_eq!(join(&world.client(), "visit-1", &[]).await, 200);
    logged(&world, "gateway", "visit-1", "POST /users 200").await;
    logged(&world, "users", "visit-1", "nreed2 asks to join").await;
    // By the outbox of users, and by that of auth.
    logged(&world, "auth", "visit-1", "account nreed2 added").await;
    logged(&world, "notifications", "visit-1", "sends a message").await;
    world.end().await;
}

#[tokio::test]
async fn the_id_on_an_error_page_is_that_of_the_log_lines() {
    let world = World::start().await;
    let session = world.person("member1", &[]).await.session.unwrap();
    let url = format!("{}/intranet/groups/sigs/Nowhere", world.url("frontend"));
    let cookie = format!("session={session}");
    let page = world.client().http.get(url).header("cookie", cookie).send().await.unwrap();
    assert_eq!(page.status(), 404);
    let page = page.text().await.unwrap();
    let (_, rest) = page.split_once("quote the request <code>").unwrap();
    let (id, _) = rest.split_once('<').unwrap();
    logged(&world, "gateway", id, "GET /groups").await;
    world.end().await;
}

/// A collector that takes OTLP over HTTP, and remembers.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Value>>>);

impl Collector {
    async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().route("/v1/traces", post(take)).with_state(self.clone());
        let stop = tokio_util::sync::CancellationToken::new();
        tokio::spawn(grove_http::server::serve(listener, routes, stop));
        url
    }

    /// The spans of a trace when they are one tree below `root` that has one called `last`.
    async fn whole(&self, trace: &str, root: &str, last: &str) -> Vec<Value> {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            traces::flush().await;
            let spans = self.spans(trace);
            let ids: BTreeSet<_> =
                spans.iter().filter_map(|span| span["spanId"].as_str()).collect();
            let has_parent = |span: &Value| {
                span["parentSpanId"].as_str().is_some_and(|id| id == root || ids.contains(id))
            };
            let is_tree = ids.len() == spans.len() && spans.iter().all(has_parent);
            if is_tree && spans.iter().any(|span| span["name"] == last) {
                return spans;
            }
            assert!(Instant::now() < deadline, "no whole trace: {spans:#?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The spans of a trace so far, each with its service's name.
    fn spans(&self, trace: &str) -> Vec<Value> {
        let mut spans = Vec::new();
        for resource in self.0.lock().unwrap().iter().flat_map(|body| list(&body["resourceSpans"]))
        {
            let service = &resource["resource"]["attributes"][0]["value"]["stringValue"];
            for span in list(&resource["scopeSpans"]).iter().flat_map(|scope| list(&scope["spans"]))
            {
                if span["traceId"] == trace {
                    let mut span = span.clone();
                    span["service"] = service.clone();
                    spans.push(span);
                }
            }
        }
        spans
    }
}

async fn take(State(collector): State<Collector>, body: String) {
    collector.0.lock().unwrap().push(serde_json::from_str(&body).unwrap());
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn attribute<'a>(span: &'a Value, name: &str) -> &'a str {
    let attributes = list(&span["attributes"]);
    let found = attributes.iter().find(|attribute| attribute["key"] == name);
    found.and_then(|found| found["value"]["stringValue"].as_str()).unwrap_or_default()
}

#[tokio::test]
async fn the_id_of_a_request_finds_its_whole_trace_with_every_hop_and_statement() {
    let collector = Collector::default();
    let url = collector.start().await.parse().unwrap();
    traces::start(&TracesConfig { otlp_endpoint: Some(url), ..TracesConfig::default() }).unwrap();
    let world = World::start().await;

    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    assert_eq!(join(&world.client(), "visit-2", &[("traceparent", &parent)]).await, 200);
    let spans = collector.whole(trace, "00f067aa0ba902b7", "effect for notifications").await;
    for (service, kind, name) in [
        ("gateway", SERVER, "POST /users"),
        ("gateway", CLIENT, "-> users"),
        ("users", SERVER, "POST /users"),
        ("users", CLIENT, "INSERT INTO users"),
        ("users", INTERNAL, "effect for auth"),
        ("users", CLIENT, "POST auth"),
        ("auth", SERVER, "POST /internal/accounts"),
        ("auth", CLIENT, "INSERT INTO accounts"),
        ("notifications", SERVER, "POST /notification"),
        ("notifications", CLIENT, "INSERT INTO notifications"),
    ] {
        let starts = |span: &Value| span["name"].as_str().is_some_and(|is| is.starts_with(name));
        let is_wanted = |span: &Value| span["service"] == service && span["kind"] == kind;
        let found = spans.iter().any(|span| is_wanted(span) && starts(span));
        assert!(found, "no {service} {kind} {name} among {spans:#?}");
    }
    for span in &spans {
        assert_eq!(attribute(span, "request.id"), "visit-2", "{span}");
        assert!(!span.to_string().contains("612345678"), "a value is in the trace: {span}");
    }
    world.end().await;
}

#[tokio::test]
async fn the_token_in_a_path_of_old_clients_is_in_no_trace_and_no_log() {
    let collector = Collector::default();
    let url = collector.start().await.parse().unwrap();
    traces::start(&TracesConfig { otlp_endpoint: Some(url), ..TracesConfig::default() }).unwrap();
    let world = World::start().await;
    let member = world.person("member1", &[]).await;
    let token = member.session.as_deref().unwrap();

    let trace = "4bf92f3577b34da6a3ce929d0e0e4737";
    let request = member.http.get(format!("{}/session/{token}", member.gateway));
    let request = request
        .header("authorization", member.client_token.as_deref().unwrap())
        .header("x-request-id", "visit-3")
        .header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"));
    assert_eq!(request.send().await.unwrap().status(), 200);
    let spans = collector.whole(trace, "00f067aa0ba902b7", "GET /session/{token}").await;
    assert!(spans.iter().any(|span| span["service"] == "auth"), "{spans:#?}");
    assert!(!format!("{spans:?}").contains(token), "{spans:#?}");

    logged(&world, "gateway", "visit-3", "GET /session/{token} 200").await;
    for file in std::fs::read_dir(world.chapter.logs()).unwrap() {
        let file = file.unwrap().path();
        let log = std::fs::read_to_string(&file).unwrap();
        assert!(!log.contains(token), "{} holds the token", file.display());
    }
    world.end().await;
}

//! The machine through its router.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use axum::{Router, body::Body};
use clap::Parser;
use grove_shared::call::IDEMPOTENCY_KEY;
use grove_vending_machine::{Config, Drop, Fault, FaultKind, Machine, router};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

struct World {
    machine: Machine,
    router: Router,
}

impl World {
    fn new(arguments: &[&str]) -> Self {
        let arguments = [&["machine", "--machine-token", "secret"], arguments].concat();
        let machine = Machine::new(&Config::parse_from(arguments)).unwrap();
        Self { router: router(machine.clone()), machine }
    }

    async fn send(&self, method: Method, path: &str, key: Option<&str>, body: Value) -> Reply {
        let mut request = Request::builder().method(method).uri(path).header("TOKEN", "secret");
        if let Some(key) = key {
            request = request.header(IDEMPOTENCY_KEY, key);
        }
        let request = request.body(Body::from(body.to_string())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        // A connection that is cut is a body that fails.
        let body = response.into_body().collect().await.ok()?;
        Some((status, serde_json::from_slice(&body.to_bytes()).unwrap()))
    }

    async fn vend(&self, slot: &str, key: Option<&str>) -> Reply {
        self.send(Method::POST, &format!("/vend?item={slot}"), key, Value::Null).await
    }

    async fn verdict(&self, key: &str) -> Value {
        self.send(Method::GET, &format!("/vend/{key}"), None, Value::Null).await.unwrap().1
    }

    fn fault(&self, fault: FaultKind) {
        self.machine.fail(Fault { slot: None, fault, times: 1 });
    }
}

type Reply = Option<(StatusCode, Value)>;

fn outcome(status: u16, outcome: &str) -> (StatusCode, Value) {
    (StatusCode::from_u16(status).unwrap(), json!({ "outcome": outcome }))
}

#[tokio::test]
async fn a_key_vends_once_and_always_has_the_same_verdict() {
    let world = World::new(&["--stock", "1"]);
    for _ in 0..3 {
        assert_eq!(world.vend("A1", Some("one")).await, Some(outcome(200, "dropped")));
        assert_eq!(world.vend("A1", Some("two")).await, Some(outcome(409, "empty")));
    }
    assert_eq!(world.verdict("one").await, json!({ "outcome": "dropped" }));
    assert_eq!(world.verdict("two").await, json!({ "outcome": "failed", "reason": "empty" }));
    assert_eq!(world.verdict("three").await, json!({ "outcome": "unknown-key" }));
    let drop = Drop { slot: "A1".to_owned(), key: Some("one".to_owned()) };
    assert_eq!(world.machine.drops(), [drop]);
}

#[tokio::test]
async fn a_request_without_a_key_vends_each_time() {
    let world = World::new(&[]);
    for _ in 0..2 {
        assert_eq!(world.vend("E9", None).await, Some(outcome(200, "dropped")));
    }
    assert_eq!(world.machine.slots()["E9"], 98);
    assert_eq!(world.vend("F1", None).await.unwrap().0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn nothing_happens_without_the_token() {
    let world = World::new(&[]);
    for token in ["", "secre", "secrets", "Secret"] {
        let request = Request::post("/vend?item=A1").header("TOKEN", token);
        let reply = world.router.clone().oneshot(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.unwrap().status(), StatusCode::UNAUTHORIZED);
    }
    assert!(world.machine.drops().is_empty());
}

#[tokio::test]
async fn faults_happen_as_ordered() {
    let world = World::new(&[]);
    let cases = [
        (FaultKind::Jam, Some(outcome(409, "jammed")), "failed", 0),
        (FaultKind::DieBeforeDrop, None, "unknown", 0),
        (FaultKind::DieAfterDrop, None, "unknown", 1),
        (FaultKind::LoseRequest, None, "unknown-key", 0),
        (FaultKind::LoseAnswer, None, "dropped", 1),
    ];
    for (number, (fault, reply, verdict, drops)) in cases.into_iter().enumerate() {
        let (before, key) = (world.machine.drops().len(), number.to_string());
        world.fault(fault);
        assert_eq!(world.vend("A1", Some(&key)).await, reply, "{fault:?}");
        assert_eq!(world.verdict(&key).await["outcome"], verdict, "{fault:?}");
        assert_eq!(world.machine.drops().len() - before, drops, "{fault:?}");
    }
    world.fault(FaultKind::Error);
    assert_eq!(world.vend("A1", Some("e")).await.unwrap().0, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(world.verdict("e").await["outcome"], "failed");
}

#[tokio::test]
async fn faults_slots_and_drops_are_managed_over_http() {
    let world = World::new(&["--stock", "0"]);
    let send = async |method, path, body| world.send(method, path, None, body).await.unwrap();
    send(Method::PUT, "/slots/A1", json!({ "quantity": 2 })).await;
    assert_eq!(send(Method::PUT, "/slots/F1", json!({ "quantity": 2 })).await.0, 404);
    send(Method::POST, "/faults", json!({ "slot": "B1", "fault": "jam", "times": 9 })).await;
    send(Method::POST, "/faults", json!({ "slot": "A1", "fault": "jam" })).await;
    assert_eq!(world.vend("A1", None).await, Some(outcome(409, "jammed")));
    assert_eq!(world.vend("A1", None).await, Some(outcome(200, "dropped")));
    assert_eq!(world.vend("B1", None).await, Some(outcome(409, "jammed")));
    send(Method::DELETE, "/faults", Value::Null).await;
    assert_eq!(world.vend("B1", None).await, Some(outcome(409, "empty")));
    assert_eq!(send(Method::GET, "/slots", Value::Null).await.1["A1"], 1);
    let drops = send(Method::GET, "/drops", Value::Null).await.1;
    assert_eq!(drops, json!([{ "slot": "A1", "key": null }]));
}

#[tokio::test]
async fn an_old_machine_knows_no_keys() {
    let world = World::new(&["--old"]);
    for _ in 0..2 {
        assert_eq!(world.vend("A1", Some("one")).await, Some(outcome(200, "dropped")));
    }
    assert_eq!(world.machine.drops().len(), 2);
    let reply = world.send(Method::GET, "/vend/one", None, Value::Null).await.unwrap();
    assert_eq!(reply.0, StatusCode::NOT_FOUND);
}

//! Stripe, as far as credits uses it: pages, payments, and signed events. It can fail before it acts,
//! or act and lose the answer.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::{Form, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use grove_http::extract::{Json, Path};
use grove_testing::Neighbour;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::sync::Notify;
use url::Url;

pub(crate) const SECRET_KEY: &str = "sk_test_of_nobody";
pub(crate) const WEBHOOK_SECRET: &str = "whsec_of_nobody";

#[derive(Debug, Clone)]
pub(crate) struct FakeStripe {
    inner: Shared,
    server: Arc<Neighbour>,
}

#[derive(Debug, Clone, Default)]
struct Shared(Arc<Mutex<Inner>>, Arc<Notify>);

#[derive(Debug, Default)]
struct Inner {
    sessions: HashMap<String, Value>,
    intents: HashMap<String, Value>,
    /// What each idempotency key made.
    keys: HashMap<String, String>,
    fault: Option<Fault>,
    /// Where the next call stops for ever.
    stops_at: Option<Point>,
    loses_confirmations: bool,
    charged: i64,
}

/// A call that changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    CreateSession,
    CreateIntent,
    Confirm,
}

/// A moment of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point {
    Before(Change),
    After(Change),
}

/// How calls that change something fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing happens.
    Before,
    /// It happens, and the answer is lost.
    After,
    /// The bank refuses the card.
    Declined,
}

impl FakeStripe {
    pub(crate) async fn start() -> Self {
        let inner = Shared::default();
        let routes = Router::new()
            .route("/v1/checkout/sessions", post(create_session))
            .route("/v1/checkout/sessions/{id}", get(session))
            .route("/v1/payment_intents", post(create_intent))
            .route("/v1/payment_intents/{id}", get(intent))
            .route("/v1/payment_intents/{id}/confirm", post(confirm))
            .with_state(inner.clone());
        Self { inner, server: Arc::new(Neighbour::start(routes).await) }
    }

    pub(crate) fn url(&self) -> Url {
        self.server.url().parse().unwrap()
    }

    pub(crate) fn fail(&self, fault: Option<Fault>) {
        self.inner.0.lock().unwrap().fault = fault;
    }

    /// Lets the next call that comes to a point stop there for ever.
    pub(crate) fn stop_at(&self, point: Point) {
        self.inner.0.lock().unwrap().stops_at = Some(point);
    }

    /// Waits until a call has stopped.
    pub(crate) async fn stopped(&self) {
        self.inner.1.notified().await;
    }

    /// From here on cards are charged, and the answers about it are lost; or not.
    pub(crate) fn lose_confirmations(&self, lose: bool) {
        self.inner.0.lock().unwrap().loses_confirmations = lose;
    }

    /// What all cards were charged, in cents.
    pub(crate) fn charged(&self) -> i64 {
        self.inner.0.lock().unwrap().charged
    }

    /// Someone pays on the page of a payment; returns the page as an event shows it.
    pub(crate) fn pay(&self, payment: u64) -> Value {
        let mut inner = self.inner.0.lock().unwrap();
        let session = inner.session_of(payment);
        session["status"] = json!("complete");
        session["payment_status"] = json!("paid");
        session["payment_intent"] = json!(format!("pi_{payment}"));
        let session = session.clone();
        inner.charged += session["amount_total"].as_i64().unwrap();
        session
    }

    /// Nobody paid in time.
    pub(crate) fn expire(&self, payment: u64) {
        self.inner.0.lock().unwrap().session_of(payment)["status"] = json!("expired");
    }
}

impl Shared {
    /// Runs a call that changes something, and stops where it was told to.
    async fn during(&self, change: Change, act: impl FnOnce(&mut Inner) -> Value) -> Response {
        self.pass(Point::Before(change)).await;
        let answer = self.change(act);
        self.pass(Point::After(change)).await;
        answer
    }

    async fn pass(&self, point: Point) {
        let stops = {
            let mut inner = self.0.lock().unwrap();
            inner.stops_at.take_if(|stop| *stop == point).is_some()
        };
        if stops {
            self.1.notify_one();
            std::future::pending::<()>().await;
        }
    }

    /// Runs a call that changes something, or fails as it was told to.
    fn change(&self, act: impl FnOnce(&mut Inner) -> Value) -> Response {
        let mut inner = self.0.lock().unwrap();
        match inner.fault {
            Some(Fault::Before) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            Some(Fault::After) => {
                act(&mut inner);
                StatusCode::BAD_GATEWAY.into_response()
            }
            Some(Fault::Declined) => {
                let error = json!({ "type": "card_error", "message": "Your card was declined." });
                (StatusCode::PAYMENT_REQUIRED, Json(json!({ "error": error }))).into_response()
            }
            None => Json(act(&mut inner)).into_response(),
        }
    }
}

impl Inner {
    fn session_of(&mut self, payment: u64) -> &mut Value {
        let back = format!("payment={payment}");
        let mut sessions = self.sessions.values_mut();
        sessions.find(|page| page["success_url"].as_str().unwrap().ends_with(&back)).unwrap()
    }

    /// What the key made before, or what `act` makes now.
    fn once(&mut self, headers: &HeaderMap, act: impl FnOnce(&mut Self) -> String) -> String {
        assert_eq!(headers["authorization"], format!("Bearer {SECRET_KEY}").as_str());
        let key = headers["idempotency-key"].to_str().unwrap().to_owned();
        if let Some(made) = self.keys.get(&key) {
            return made.clone();
        }
        let made = act(self);
        self.keys.insert(key, made.clone());
        made
    }
}

type Fields = Form<HashMap<String, String>>;

async fn create_session(
    State(stripe): State<Shared>,
    headers: HeaderMap,
    Form(fields): Fields,
) -> Response {
    let act = |inner: &mut Inner| {
        let id = inner.once(&headers, |inner| {
            let id = format!("cs_{}", inner.sessions.len() + 1);
            let amount = fields["line_items[0][price_data][unit_amount]"].parse::<i64>().unwrap();
            let session = json!({
                "id": id,
                "url": format!("https://checkout.stripe.example/{id}"),
                "status": "open",
                "payment_status": "unpaid",
                "payment_intent": null,
                "amount_total": amount,
                "client_reference_id": fields["client_reference_id"],
                "metadata": { "payment": fields["metadata[payment]"] },
                "success_url": fields["success_url"],
            });
            assert_eq!(fields["line_items[0][price_data][currency]"], "usd");
            inner.sessions.insert(id.clone(), session);
            id
        });
        inner.sessions[&id].clone()
    };
    stripe.during(Change::CreateSession, act).await
}

async fn create_intent(
    State(stripe): State<Shared>,
    headers: HeaderMap,
    Form(fields): Fields,
) -> Response {
    let act = |inner: &mut Inner| {
        let id = inner.once(&headers, |inner| {
            let id = format!("pi_old_{}", inner.intents.len() + 1);
            let amount = fields["amount"].parse::<i64>().unwrap();
            let status = "requires_payment_method";
            let intent = json!({ "id": id, "status": status, "amount": amount });
            inner.intents.insert(id.clone(), intent);
            id
        });
        inner.intents[&id].clone()
    };
    stripe.during(Change::CreateIntent, act).await
}

async fn confirm(
    State(stripe): State<Shared>,
    headers: HeaderMap,
    Path(id): Path<String>,
    Form(fields): Fields,
) -> Response {
    assert!(fields["payment_method_data[card][token]"].starts_with("tok_"));
    let lost = stripe.0.lock().unwrap().loses_confirmations;
    let act = |inner: &mut Inner| {
        inner.once(&headers, |inner| {
            let intent = inner.intents.get_mut(&id).unwrap();
            intent["status"] = json!("succeeded");
            inner.charged += intent["amount"].as_i64().unwrap();
            id.clone()
        });
        inner.intents[&id].clone()
    };
    let answer = stripe.during(Change::Confirm, act).await;
    if lost { StatusCode::BAD_GATEWAY.into_response() } else { answer }
}

async fn session(State(stripe): State<Shared>, Path(id): Path<String>) -> Json<Value> {
    Json(stripe.0.lock().unwrap().sessions[&id].clone())
}

async fn intent(State(stripe): State<Shared>, Path(id): Path<String>) -> Json<Value> {
    Json(stripe.0.lock().unwrap().intents[&id].clone())
}

/// An event as Stripe sends it.
pub(crate) fn event(id: &str, kind: &str, object: &Value) -> String {
    json!({ "id": id, "type": kind, "data": { "object": object } }).to_string()
}

/// The header over `body` at that time.
pub(crate) fn signature(secret: &str, time: i64, body: &str) -> String {
    let mut hmac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    hmac.update(format!("{time}.{body}").as_bytes());
    let bytes = hmac.finalize().into_bytes();
    let hex = bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    format!("t={time},v1={hex},v0=0000")
}

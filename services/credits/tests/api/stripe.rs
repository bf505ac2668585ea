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
use grove_shared::{
    extract::{Json, Path},
    server,
};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio_util::sync::CancellationToken;
use url::Url;

pub(crate) const SECRET_KEY: &str = "sk_test_of_nobody";
pub(crate) const WEBHOOK_SECRET: &str = "whsec_of_nobody";

#[derive(Debug, Clone, Default)]
pub(crate) struct FakeStripe(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    sessions: HashMap<String, Value>,
    intents: HashMap<String, Value>,
    /// What each idempotency key made.
    keys: HashMap<String, String>,
    fault: Option<Fault>,
    loses_confirmations: bool,
    charged: i64,
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
    pub(crate) async fn start(stop: CancellationToken) -> (Self, Url) {
        let stripe = Self::default();
        let listener = server::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let routes = Router::new()
            .route("/v1/checkout/sessions", post(create_session))
            .route("/v1/checkout/sessions/{id}", get(session))
            .route("/v1/payment_intents", post(create_intent))
            .route("/v1/payment_intents/{id}", get(intent))
            .route("/v1/payment_intents/{id}/confirm", post(confirm))
            .with_state(stripe.clone());
        tokio::spawn(server::serve(listener, routes, stop));
        (stripe, url.parse().unwrap())
    }

    pub(crate) fn fail(&self, fault: Option<Fault>) {
        self.0.lock().unwrap().fault = fault;
    }

    /// From here on cards are charged, and the answers about it are lost; or not.
    pub(crate) fn lose_confirmations(&self, lose: bool) {
        self.0.lock().unwrap().loses_confirmations = lose;
    }

    /// What all cards were charged, in cents.
    pub(crate) fn charged(&self) -> i64 {
        self.0.lock().unwrap().charged
    }

    /// Someone pays on the page of a payment; returns the page as an event shows it.
    pub(crate) fn pay(&self, payment: u64) -> Value {
        let mut inner = self.0.lock().unwrap();
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
        self.0.lock().unwrap().session_of(payment)["status"] = json!("expired");
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
        let number = payment.to_string();
        let mut sessions = self.sessions.values_mut();
        sessions.find(|session| session["client_reference_id"] == number.as_str()).unwrap()
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
    State(stripe): State<FakeStripe>,
    headers: HeaderMap,
    Form(fields): Fields,
) -> Response {
    stripe.change(|inner| {
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
            });
            assert_eq!(fields["line_items[0][price_data][currency]"], "usd");
            inner.sessions.insert(id.clone(), session);
            id
        });
        inner.sessions[&id].clone()
    })
}

async fn create_intent(
    State(stripe): State<FakeStripe>,
    headers: HeaderMap,
    Form(fields): Fields,
) -> Response {
    stripe.change(|inner| {
        let id = inner.once(&headers, |inner| {
            let id = format!("pi_old_{}", inner.intents.len() + 1);
            let amount = fields["amount"].parse::<i64>().unwrap();
            let status = "requires_payment_method";
            let intent = json!({ "id": id, "status": status, "amount": amount });
            inner.intents.insert(id.clone(), intent);
            id
        });
        inner.intents[&id].clone()
    })
}

async fn confirm(
    State(stripe): State<FakeStripe>,
    headers: HeaderMap,
    Path(id): Path<String>,
    Form(fields): Fields,
) -> Response {
    assert!(fields["payment_method_data[card][token]"].starts_with("tok_"));
    let lost = stripe.0.lock().unwrap().loses_confirmations;
    let answer = stripe.change(|inner| {
        inner.once(&headers, |inner| {
            let intent = inner.intents.get_mut(&id).unwrap();
            intent["status"] = json!("succeeded");
            inner.charged += intent["amount"].as_i64().unwrap();
            id.clone()
        });
        inner.intents[&id].clone()
    });
    if lost { StatusCode::BAD_GATEWAY.into_response() } else { answer }
}

async fn session(State(stripe): State<FakeStripe>, Path(id): Path<String>) -> Json<Value> {
    Json(stripe.0.lock().unwrap().sessions[&id].clone())
}

async fn intent(State(stripe): State<FakeStripe>, Path(id): Path<String>) -> Json<Value> {
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

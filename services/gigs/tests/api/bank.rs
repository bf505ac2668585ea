//! The other services: credits, as far as gigs uses it, and a notifications that keeps every mail.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use grove_shared::{
    ApiError,
    api::credits::{InternalTransfer, Party, SystemAccount},
    extract::Json,
    identity::IDENTITY,
    peer::IDEMPOTENCY_KEY,
    server,
};
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};

/// How the bank treats a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Works,
    /// Answers 503 and does nothing.
    Away,
    /// Answers 401 and does nothing.
    Distrustful,
    /// Never answers.
    Hangs,
    /// Does what it is asked when it is pushed, whatever its mood is by then.
    Hesitates,
    /// Does what it is asked, and answers 502.
    LosesAnswers,
}

#[derive(Debug)]
struct Ledger {
    mood: Mood,
    pushed: bool,
    balances: HashMap<Party, i64>,
    /// What was done under each key.
    done: HashMap<String, InternalTransfer>,
    transfers: Vec<InternalTransfer>,
    /// The key of each call that arrived.
    keys: Vec<String>,
    mails: Vec<Value>,
}

type Shared = Arc<Mutex<Ledger>>;

/// Serves on a free port until it is dropped.
#[derive(Debug)]
pub(crate) struct Bank {
    ledger: Shared,
    pub(crate) url: String,
    _stop: DropGuard,
}

impl Bank {
    pub(crate) async fn start() -> Self {
        let ledger = Ledger {
            mood: Mood::Works,
            pushed: false,
            balances: HashMap::new(),
            done: HashMap::new(),
            transfers: Vec::new(),
            keys: Vec::new(),
            mails: Vec::new(),
        };
        let ledger = Arc::new(Mutex::new(ledger));
        let listener = server::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(receive).with_state(ledger.clone());
        let stop = CancellationToken::new();
        tokio::spawn(server::serve(listener, router, stop.clone()));
        Self { ledger, url, _stop: stop.drop_guard() }
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        self.ledger.lock().unwrap().mood = mood;
    }

    pub(crate) fn push(&self) {
        self.ledger.lock().unwrap().pushed = true;
    }

    pub(crate) fn set_balance(&self, netid: &str, balance: i64) {
        self.ledger.lock().unwrap().balances.insert(member(netid), balance);
    }

    pub(crate) fn balance(&self, netid: &str) -> i64 {
        self.ledger.lock().unwrap().balances.get(&member(netid)).copied().unwrap_or_default()
    }

    pub(crate) fn escrow(&self) -> i64 {
        let escrow = Party::System(SystemAccount::GigEscrow);
        self.ledger.lock().unwrap().balances.get(&escrow).copied().unwrap_or_default()
    }

    /// What moved, in the order of its movement.
    pub(crate) fn descriptions(&self) -> Vec<String> {
        let ledger = self.ledger.lock().unwrap();
        ledger.transfers.iter().map(|transfer| transfer.description.clone()).collect()
    }

    /// The key of each transfer that was asked for, done or not.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.ledger.lock().unwrap().keys.clone()
    }

    /// The recipient and the subject of each mail, sorted.
    pub(crate) fn mails(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut mails: Vec<_> = self
            .ledger
            .lock()
            .unwrap()
            .mails
            .iter()
            .map(|mail| &mail["services"][0])
            .map(|channel| (text(&channel["recipients"][0]), text(&channel["subject"])))
            .collect();
        mails.sort();
        mails
    }
}

fn member(netid: &str) -> Party {
    Party::Member(netid.parse().unwrap())
}

async fn receive(
    State(shared): State<Shared>,
    uri: Uri,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    assert!(headers.contains_key(IDENTITY));
    let key = headers[IDEMPOTENCY_KEY].to_str().unwrap().to_owned();
    if uri.path() == "/notification" {
        assert_eq!(body["kind"], "gigs");
        shared.lock().unwrap().mails.push(body);
        return Json(json!({})).into_response();
    }
    assert_eq!(uri.path(), "/internal/transfers");
    let mood = {
        let mut ledger = shared.lock().unwrap();
        ledger.keys.push(key.clone());
        ledger.mood
    };
    let transfer = serde_json::from_value(body).unwrap();
    match mood {
        Mood::Works => shared.lock().unwrap().transfer(key, transfer).into_response(),
        Mood::Away => ApiError::unavailable("Away").into_response(),
        Mood::Distrustful => ApiError::unauthenticated().into_response(),
        Mood::Hangs => std::future::pending().await,
        Mood::Hesitates => {
            while !shared.lock().unwrap().pushed {
                tokio::task::yield_now().await;
            }
            shared.lock().unwrap().transfer(key, transfer).into_response()
        }
        Mood::LosesAnswers => {
            let _ = shared.lock().unwrap().transfer(key, transfer);
            StatusCode::BAD_GATEWAY.into_response()
        }
    }
}

impl Ledger {
    fn transfer(
        &mut self,
        key: String,
        transfer: InternalTransfer,
    ) -> Result<Json<Value>, ApiError> {
        match self.done.get(&key) {
            Some(done) if *done == transfer => return Ok(Json(json!({}))),
            Some(_) => return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "Other body")),
            None => {}
        }
        let InternalTransfer { from, to, amount, description } = &transfer;
        assert!(*amount > 0 && description.chars().count() <= 200, "{transfer:?}");
        let available = self.balances.get(from).copied().unwrap_or_default();
        if *from != Party::System(SystemAccount::Mint) && available < *amount {
            let message = format!("{} credits are missing", amount - available);
            return Err(ApiError::new(StatusCode::PAYMENT_REQUIRED, message));
        }
        *self.balances.entry(from.clone()).or_default() -= amount;
        *self.balances.entry(to.clone()).or_default() += amount;
        self.transfers.push(transfer.clone());
        self.done.insert(key, transfer);
        Ok(Json(json!({})))
    }
}

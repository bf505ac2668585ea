//! The other services: a ledger that keeps balances and holds, members, and a letter box. They fail on
//! demand.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use chrono::DateTime;
use grove_shared::{
    api::credits::{Balance, Hold, HoldState, NewHold},
    extract::Json,
    identity::IDENTITY,
    peer::IDEMPOTENCY_KEY,
    server,
};
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};

/// The calls that may fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Member,
    Balance,
    Hold,
    Capture,
    Release,
}

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// 503, and nothing happens.
    Down,
    /// It happens, and 503.
    LostAnswer,
    /// Nothing happens, and no answer.
    Hang,
    /// It happens, and no answer.
    HangAfter,
    /// It happens, and the answer waits until the services are mended.
    Late,
}

#[derive(Debug, Default)]
struct Inner {
    balances: HashMap<String, i64>,
    holds: BTreeMap<u64, Hold>,
    keys: HashMap<String, u64>,
    failures: Vec<(Call, Failure, u32)>,
    /// Cancelled when the services are mended.
    mended: CancellationToken,
    /// Failures that have happened.
    failed: usize,
    notifications: Vec<Value>,
    former: Vec<String>,
}

/// Serves on a free port until it is dropped.
#[derive(Debug)]
pub(crate) struct Ledger {
    inner: Arc<Mutex<Inner>>,
    pub(crate) url: String,
    _stop: DropGuard,
}

impl Ledger {
    pub(crate) async fn start() -> Self {
        let inner = Arc::<Mutex<Inner>>::default();
        let listener = server::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(receive).with_state(inner.clone());
        let stop = CancellationToken::new();
        tokio::spawn(server::serve(listener, router, stop.clone()));
        Self { inner, url, _stop: stop.drop_guard() }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// Gives an account its credits.
    pub(crate) fn give(&self, netid: &str, credits: i64) {
        self.inner().balances.insert(netid.to_owned(), credits);
    }

    /// Ends a membership.
    pub(crate) fn expire(&self, netid: &str) {
        self.inner().former.push(netid.to_owned());
    }

    pub(crate) fn balance(&self, netid: &str) -> i64 {
        self.inner().balances[netid]
    }

    pub(crate) fn fail(&self, call: Call, failure: Failure, times: u32) {
        self.inner().failures.push((call, failure, times));
    }

    pub(crate) fn mend(&self) {
        let mut inner = self.inner();
        inner.failures.clear();
        std::mem::take(&mut inner.mended).cancel();
    }

    /// How many failures have happened.
    pub(crate) fn failed(&self) -> usize {
        self.inner().failed
    }

    pub(crate) fn holds(&self) -> Vec<Hold> {
        self.inner().holds.values().cloned().collect()
    }

    /// What became of the hold with a key; nothing when there is none.
    pub(crate) fn hold(&self, key: &str) -> Option<Hold> {
        let inner = self.inner();
        inner.keys.get(key).map(|id| inner.holds[id].clone())
    }

    pub(crate) fn notifications(&self) -> Vec<Value> {
        self.inner().notifications.clone()
    }
}

impl Inner {
    fn next_failure(&mut self, call: Call) -> Option<Failure> {
        let (_, failure, times) =
            self.failures.iter_mut().find(|(of, _, times)| *of == call && *times > 0)?;
        *times -= 1;
        self.failed += 1;
        Some(*failure)
    }

    fn held(&self, netid: &str) -> i64 {
        let held = self.holds.values().filter(|hold| hold.state == HoldState::Held);
        held.filter(|hold| hold.netid.as_str() == netid).map(|hold| hold.amount).sum()
    }

    fn hold(&mut self, key: &str, new: NewHold) -> Response {
        if let Some(id) = self.keys.get(key) {
            // As credits does: the first reply again, whatever became of the hold since.
            let first = Hold { state: HoldState::Held, ..self.holds[id].clone() };
            assert_eq!((&first.netid, first.amount), (&new.netid, new.amount));
            return Json(first).into_response();
        }
        assert!(new.amount > 0 && new.description.len() <= 200);
        let available = self.balances.get(new.netid.as_str()).copied().unwrap_or_default()
            - self.held(new.netid.as_str());
        if available < new.amount {
            return refuse(StatusCode::PAYMENT_REQUIRED);
        }
        let id = self.holds.len() as u64 + 1;
        let hold = Hold {
            id,
            netid: new.netid,
            amount: new.amount,
            description: new.description,
            state: HoldState::Held,
            created_at: DateTime::UNIX_EPOCH,
        };
        self.keys.insert(key.to_owned(), id);
        self.holds.insert(id, hold.clone());
        Json(hold).into_response()
    }

    fn end(&mut self, id: u64, state: HoldState) -> Response {
        let Some(hold) = self.holds.get_mut(&id) else { return refuse(StatusCode::NOT_FOUND) };
        if hold.state == HoldState::Held {
            hold.state = state;
            if state == HoldState::Captured {
                *self.balances.get_mut(hold.netid.as_str()).unwrap() -= hold.amount;
            }
        }
        if hold.state == state {
            Json(hold.clone()).into_response()
        } else {
            refuse(StatusCode::CONFLICT)
        }
    }

    fn answer(&mut self, call: Call, path: &[&str], key: &str, body: Value) -> Response {
        match (call, path) {
            (Call::Member, [_, netid, _]) if self.balances.contains_key(*netid) => {
                let is_member = !self.former.iter().any(|former| former == netid);
                let data = json!({ "netid": netid, "is_member": is_member });
                Json(json!({ "error": null, "data": data })).into_response()
            }
            (Call::Member, _) => refuse(StatusCode::NOT_FOUND),
            (Call::Balance, [_, _, netid]) => match self.balances.get(*netid) {
                None => refuse(StatusCode::NOT_FOUND),
                Some(balance) => {
                    let held = self.held(netid);
                    Json(Balance {
                        netid: netid.parse().unwrap(),
                        balance: *balance,
                        held,
                        available: balance - held,
                    })
                    .into_response()
                }
            },
            (Call::Hold, _) => self.hold(key, serde_json::from_value(body).unwrap()),
            (Call::Capture, [_, _, id, _]) => {
                assert_eq!(body, json!({ "to": { "system": "merch_sales" } }));
                self.end(id.parse().unwrap(), HoldState::Captured)
            }
            (Call::Release, [_, _, id, _]) => self.end(id.parse().unwrap(), HoldState::Released),
            _ => panic!("{path:?}"),
        }
    }
}

fn refuse(status: StatusCode) -> Response {
    (status, Json(json!({ "error": "no" }))).into_response()
}

async fn receive(
    State(inner): State<Arc<Mutex<Inner>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    assert!(headers.contains_key(IDENTITY));
    let key = headers.get(IDEMPOTENCY_KEY).map(|key| key.to_str().unwrap()).unwrap_or_default();
    let path: Vec<_> = uri.path().trim_matches('/').split('/').collect();
    let call = match (method, path.as_slice()) {
        (Method::POST, ["notification"]) => {
            inner.lock().unwrap().notifications.push(body);
            return Json(json!({})).into_response();
        }
        (Method::GET, ["users", _, "is_member"]) => Call::Member,
        (Method::GET, ["internal", "members", _]) => Call::Balance,
        (Method::POST, ["internal", "holds"]) => {
            assert_eq!(key.len(), 32);
            Call::Hold
        }
        (Method::POST, ["internal", "holds", _, "capture"]) => Call::Capture,
        (Method::POST, ["internal", "holds", _, "release"]) => Call::Release,
        other => panic!("{other:?}"),
    };
    let (failure, answer, mended) = {
        let mut inner = inner.lock().unwrap();
        let failure = inner.next_failure(call);
        let happens = !matches!(failure, Some(Failure::Down | Failure::Hang));
        let answer = happens.then(|| inner.answer(call, &path, key, body));
        (failure, answer, inner.mended.clone())
    };
    match failure {
        None => answer.unwrap(),
        Some(Failure::Down | Failure::LostAnswer) => refuse(StatusCode::SERVICE_UNAVAILABLE),
        Some(Failure::Hang | Failure::HangAfter) => std::future::pending().await,
        Some(Failure::Late) => {
            mended.cancelled().await;
            answer.unwrap()
        }
    }
}

//! The auth service in memory, for the tests of those who call it.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use axum::{Router, extract::State, routing::post};
use chrono::{DateTime, Utc};
use grove_http::{ApiError, extract::Json};
use grove_shared::{
    Clock, NetId,
    call::IDEMPOTENCY_KEY,
    personal_data::{Forget, Forgotten},
};
use grove_testing::Fake;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::{AccountName, Credentials, NewAccount, NewSession, ResolvedSession, SessionToken};

/// The auth service on a free port, until it is dropped. There is no account yet.
#[derive(Debug, Clone)]
pub struct FakeAuth {
    fake: Fake<Inner>,
}

type Memory = grove_testing::Memory<Inner>;

#[derive(Debug, Default)]
struct Inner {
    accounts: BTreeMap<NetId, Account>,
    sessions: BTreeMap<String, ResolvedSession>,
    begun: u64,
    signed_in: Vec<Credentials>,
    created: Vec<NewAccount>,
    removed: Vec<NetId>,
    /// What came with each idempotency key.
    keys: HashMap<String, Value>,
    block: Option<Duration>,
}

#[derive(Debug)]
struct Account {
    account: NewAccount,
    /// Nothing until the owner has chosen one.
    password: Option<String>,
}

impl Inner {
    /// Begins a session that was used last at `now`; returns its token.
    fn begin(&mut self, netid: NetId, now: DateTime<Utc>) -> String {
        self.begun += 1;
        let (session, token) = (self.begun, format!("token-{}", self.begun));
        let resolved = ResolvedSession { session, netid, created_at: now, last_used_at: now };
        self.sessions.insert(token.clone(), resolved);
        token
    }

    /// Whether a call came before under its key.
    fn is_repeated(&mut self, headers: &HeaderMap, body: &Value) -> Result<bool, ApiError> {
        let key = headers.get(IDEMPOTENCY_KEY).and_then(|key| key.to_str().ok());
        let Some(key) = key else { return Ok(false) };
        match self.keys.insert(key.to_owned(), body.clone()) {
            None => Ok(false),
            Some(known) if known == *body => Ok(true),
            Some(known) => {
                self.keys.insert(key.to_owned(), known);
                let message = "This Idempotency-Key was used for another request";
                Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, message))
            }
        }
    }
}

impl FakeAuth {
    /// Starts it.
    pub async fn start() -> Self {
        let routes = Router::new()
            .route("/internal/sessions", post(begin))
            .route("/internal/sessions/resolve", post(resolve))
            .route("/internal/sessions/end", post(end))
            .route("/internal/accounts", post(create))
            .route("/internal/accounts/remove", post(remove))
            .route("/internal/personal-data/forget", post(forget));
        Self { fake: Fake::start("auth", routes).await }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        self.fake.url()
    }

    /// Lets someone have an account with this password.
    pub fn account(&self, account: NewAccount, password: &str) {
        let password = Some(password.to_owned());
        self.fake.lock().accounts.insert(account.netid.clone(), Account { account, password });
    }

    /// Lets someone have a session that began at `now`; returns its token.
    pub fn session(&self, netid: &NetId, now: DateTime<Utc>) -> String {
        self.fake.lock().begin(netid.clone(), now)
    }

    /// Lets a session be another one than it was, such as one that was used long ago.
    pub fn change_session(&self, token: &str, change: impl FnOnce(&mut ResolvedSession)) {
        if let Some(session) = self.fake.lock().sessions.get_mut(token) {
            change(session);
        }
    }

    /// Whether a session is alive.
    pub fn is_alive(&self, token: &str) -> bool {
        self.fake.lock().sessions.contains_key(token)
    }

    /// Refuses every sign-in for so long from here on; nothing lets people in again.
    pub fn block_sign_ins(&self, wait: Option<Duration>) {
        self.fake.lock().block = wait;
    }

    /// Answers 503 to the next `requests`.
    pub fn fail_next(&self, requests: u32) {
        self.fake.fail_next(requests);
    }

    /// What people tried to sign in with.
    pub fn signed_in(&self) -> Vec<Credentials> {
        self.fake.lock().signed_in.clone()
    }

    /// The accounts that were asked for, each call once.
    pub fn created(&self) -> Vec<NewAccount> {
        self.fake.lock().created.clone()
    }

    /// Whose accounts were removed or forgotten, each call once.
    pub fn removed(&self) -> Vec<NetId> {
        self.fake.lock().removed.clone()
    }

    /// Method and path of each request so far, also of those that were answered 503.
    pub fn requests(&self) -> Vec<String> {
        self.fake.requests()
    }
}

async fn begin(
    State(memory): State<Memory>,
    Json(credentials): Json<Credentials>,
) -> Result<Json<NewSession>, ApiError> {
    let mut memory = memory.lock();
    memory.signed_in.push(credentials.clone());
    if let Some(wait) = memory.block {
        return Err(ApiError::too_many_requests(wait));
    }
    let wrong = || ApiError::bad_request("Invalid netid or password");
    let netid: NetId = credentials.netid.to_lowercase().parse().map_err(|_| wrong())?;
    let known = memory.accounts.get(&netid).ok_or_else(wrong)?;
    if known.password.as_ref() != Some(&credentials.password) {
        return Err(wrong());
    }
    let account = known.account.clone();
    let token = memory.begin(netid, Clock::system().now());
    Ok(Json(NewSession { token, account }))
}

async fn resolve(
    State(memory): State<Memory>,
    Json(SessionToken { token }): Json<SessionToken>,
) -> Result<Json<ResolvedSession>, ApiError> {
    let session = memory.lock().sessions.get(&token).cloned();
    session.map(Json).ok_or_else(|| ApiError::not_found("Session not found"))
}

async fn end(
    State(memory): State<Memory>,
    Json(SessionToken { token }): Json<SessionToken>,
) -> Json<Value> {
    memory.lock().sessions.remove(&token);
    Json(json!({}))
}

async fn create(
    State(memory): State<Memory>,
    headers: HeaderMap,
    Json(new): Json<NewAccount>,
) -> Result<Json<Value>, ApiError> {
    let mut memory = memory.lock();
    if memory.is_repeated(&headers, &json!(new))? {
        return Ok(Json(json!({})));
    }
    memory.created.push(new.clone());
    let account = Account { account: new, password: None };
    memory.accounts.entry(account.account.netid.clone()).or_insert(account);
    Ok(Json(json!({})))
}

async fn remove(
    State(memory): State<Memory>,
    headers: HeaderMap,
    Json(AccountName { netid }): Json<AccountName>,
) -> Result<Json<Value>, ApiError> {
    let mut memory = memory.lock();
    if memory.is_repeated(&headers, &json!({ "netid": netid }))? {
        return Ok(Json(json!({})));
    }
    if let Some(known) = memory.accounts.get_mut(&netid) {
        known.password = None;
    }
    memory.sessions.retain(|_, session| session.netid != netid);
    memory.removed.push(netid);
    Ok(Json(json!({})))
}

async fn forget(
    State(memory): State<Memory>,
    headers: HeaderMap,
    Json(Forget { netid }): Json<Forget>,
) -> Result<Json<Forgotten>, ApiError> {
    let mut memory = memory.lock();
    let forgotten = Forgotten::default();
    if memory.is_repeated(&headers, &json!({ "netid": netid }))? {
        return Ok(Json(forgotten));
    }
    let known = memory.accounts.remove(&netid).is_some();
    memory.sessions.retain(|_, session| session.netid != netid);
    memory.removed.push(netid);
    Ok(Json(forgotten.removed("the account", u64::from(known))))
}

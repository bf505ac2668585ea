//! The credits service through its router, on a database of its own for each test.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod concurrency;
mod history;
mod holds;
mod keys;
mod kills;
mod officers;
mod payments;
mod proof;
mod rights;
mod stripe;
mod transfers;
mod users;

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use grove_credits::{AppState, Current, MIGRATOR, Members, Payments, Stripe, router};
use grove_shared::{
    Clock,
    api::credits::{Balance, Transaction},
    config::PeerUrls,
    outbox::Worker,
    peer::Peers,
    testing::{Reply, TestApp, TestDatabase},
};
use http::StatusCode;
use serde_json::{Value, json};
use sqlx::MySqlPool;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{stripe::FakeStripe, users::FakeUsers};

const INITIAL: i64 = 500;

/// The service and its surroundings. Everyone whose NetID begins with `m` is a member.
pub(crate) struct World {
    pub(crate) db: TestDatabase,
    pub(crate) app: TestApp,
    pub(crate) state: AppState,
    pub(crate) clock: Clock,
    pub(crate) users: FakeUsers,
    pub(crate) stripe: FakeStripe,
    pub(crate) worker: Worker,
    _stop: DropGuard,
}

impl World {
    pub(crate) async fn start() -> Self {
        let db = TestDatabase::create(&MIGRATOR).await;
        let pool = db.pool();
        Self::build(db, pool, true).await
    }

    pub(crate) async fn without_card() -> Self {
        let db = TestDatabase::create(&MIGRATOR).await;
        let pool = db.pool();
        Self::build(db, pool, false).await
    }

    /// The service uses `pool`, which may be of another account than the test's own.
    pub(crate) async fn build(db: TestDatabase, pool: MySqlPool, card: bool) -> Self {
        let now: DateTime<Utc> = "2026-09-01T12:00:00Z".parse().unwrap();
        let (clock, stop) = (Clock::stopped_at(now), CancellationToken::new());
        let (users, users_url) = FakeUsers::start(stop.clone()).await;
        let (stripe, stripe_url) = FakeStripe::start(stop.clone()).await;
        let urls = HashMap::from([("users".to_owned(), users_url)]);
        let mut made = None;
        let app = TestApp::new("credits", |keys| {
            let peers = Peers::new(keys.key("credits"), PeerUrls(urls)).unwrap();
            let secret = stripe::WEBHOOK_SECRET.into();
            let key = stripe::SECRET_KEY.into();
            let connected = Stripe::new(stripe_url, key, Some(&secret)).unwrap();
            let (db, clock) = (pool, clock.clone());
            let state = AppState {
                verifier: keys.verifier("credits"),
                members: Members {
                    db: db.clone(),
                    peers: peers.clone(),
                    clock: clock.clone(),
                    initial: INITIAL,
                    current: Current::default(),
                },
                payments: Payments {
                    db: db.clone(),
                    stripe: card.then_some(connected),
                    clock: clock.clone(),
                    site_url: Arc::new("https://grove.example.edu".parse().unwrap()),
                    chapter_name: "ACM".into(),
                },
                db,
                clock,
                peers,
            };
            made = Some(state.clone());
            router(state)
        });
        let state = made.unwrap();
        let worker =
            Worker { db: state.db.clone(), peers: state.peers.clone(), clock: clock.clone() };
        Self { db, app, state, clock, users, stripe, worker, _stop: stop.drop_guard() }
    }

    /// What a member has; asking for it gives them nothing.
    pub(crate) async fn balance(&self, netid: &str) -> Balance {
        self.app.member(netid).get(&format!("/credits/users/{netid}")).await.json()
    }

    /// Gives or takes credits as an officer.
    pub(crate) async fn adjust(&self, netid: &str, amount: i64) -> Transaction {
        let body = json!({ "netid": netid, "amount": amount, "description": "set up" });
        ok(&self.app.officer("officer1").post("/credits/transactions", &body).await).json()
    }

    /// Sees that a member has exactly so many credits.
    pub(crate) async fn set(&self, netid: &str, amount: i64) {
        self.state.members.reconcile().await.unwrap();
        let change = amount - self.balance(netid).await.balance;
        if change != 0 {
            self.adjust(netid, change).await;
        }
        assert_eq!(self.balance(netid).await.available, amount);
    }

    /// What the proof says is wrong.
    pub(crate) async fn problems(&self) -> Vec<String> {
        self.state.seal().await.unwrap();
        let proof: Value = ok(&self.app.officer("officer1").get("/credits/audit").await).json();
        let problems: Vec<String> = serde_json::from_value(proof["problems"].clone()).unwrap();
        assert_eq!(proof["ok"].as_bool().unwrap(), problems.is_empty());
        problems
    }
}

/// The reply, which has to be a success.
pub(crate) fn ok(reply: &Reply) -> &Reply {
    let body = String::from_utf8_lossy(&reply.body);
    assert_eq!(reply.status, StatusCode::OK, "{body}");
    reply
}

/// The status and the reason of a refusal.
pub(crate) fn refusal(reply: &Reply) -> (u16, String) {
    (reply.status.as_u16(), reply.error())
}

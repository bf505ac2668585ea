//! The credits service through its router, on a database of its own for each test.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accountability;
mod cards_elsewhere;
mod concurrency;
mod contract;
mod expiry;
mod forgetting;
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

use std::sync::Arc;

use chrono::{DateTime, Utc};
use clap::Parser;
use grove_client::Peers;
use grove_credits::{AppState, Config, Current, MIGRATOR, Members, Payments, Stripe, assemble};
use grove_credits_api::{Balance, Transaction};
use grove_outbox::Worker;
use grove_shared::config::ChapterTime;
use grove_shared::{Clock, NetId, Standing};
use grove_testing::{Reply, TestApp, TestDatabase};
use grove_users_api::fake::FakeUsers;
use http::StatusCode;
use serde_json::{Value, json};
use sqlx::MySqlPool;

use crate::stripe::FakeStripe;

const INITIAL: i64 = 500;

/// Who is a member from the beginning.
const MEMBERS: [&str; 4] = ["marga2", "melik3", "mona4", "morit5"];
/// Who has joined and not paid.
const APPLICANT: &str = "aline2";

/// A users service that knows the members and an applicant.
pub(crate) async fn fake_users() -> FakeUsers {
    let users = FakeUsers::start().await;
    for member in MEMBERS {
        users.member(&netid(member));
    }
    users.applicant(&netid(APPLICANT));
    users
}

pub(crate) fn netid(text: &str) -> NetId {
    text.parse().unwrap()
}

/// The service and its surroundings.
pub(crate) struct World {
    pub(crate) db: TestDatabase,
    pub(crate) app: TestApp,
    pub(crate) state: AppState,
    pub(crate) clock: Clock,
    pub(crate) users: FakeUsers,
    pub(crate) stripe: FakeStripe,
    pub(crate) worker: Worker,
}

impl World {
    pub(crate) async fn start() -> Self {
        let db = TestDatabase::create(&MIGRATOR).await;
        let pool = db.pool();
        Self::build(db, pool, true, ChapterTime::default()).await
    }

    pub(crate) async fn without_card() -> Self {
        let db = TestDatabase::create(&MIGRATOR).await;
        let pool = db.pool();
        Self::build(db, pool, false, ChapterTime::default()).await
    }

    /// The chapter is in this time zone.
    pub(crate) async fn in_zone(zone: &str) -> Self {
        let db = TestDatabase::create(&MIGRATOR).await;
        let pool = db.pool();
        let time = Config::parse_from(["credits", "--chapter-time-zone", zone]).time;
        Self::build(db, pool, true, time).await
    }

    /// The service uses `pool`, which may be of another account than the test's own.
    pub(crate) async fn with_pool(db: TestDatabase, pool: MySqlPool) -> Self {
        Self::build(db, pool, true, ChapterTime::default()).await
    }

    async fn build(db: TestDatabase, pool: MySqlPool, card: bool, time: ChapterTime) -> Self {
        let now: DateTime<Utc> = "2026-09-01T12:00:00Z".parse().unwrap();
        let clock = Clock::stopped_at(now);
        let (users, stripe) = (fake_users().await, FakeStripe::start().await);
        let (urls, stripe_url) = (format!("users={}", users.url()), stripe.url());
        let mut made = None;
        let app = TestApp::new("credits", |keys| {
            let peers = Peers::new(keys.key("credits"), urls.parse().unwrap(), &[]).unwrap();
            let secret = stripe::WEBHOOK_SECRET.into();
            let key = stripe::SECRET_KEY.into();
            let connected = Stripe::new(stripe_url, key, Some(&secret)).unwrap();
            let (db, clock) = (pool, clock.clone());
            let state = AppState {
                verifier: keys.verifier("credits"),
                time,
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
            assemble(state).into_router()
        });
        let state = made.unwrap();
        let worker =
            Worker { db: state.db.clone(), peers: state.peers.clone(), clock: clock.clone() };
        Self { db, app, state, clock, users, stripe, worker }
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

    /// From here on somebody has this standing.
    pub(crate) fn standing(&self, person: &str, standing: Standing) {
        self.users.person(&netid(person), "Jane", "Smith", standing);
    }

    /// From here on users does not answer.
    pub(crate) fn users_are_away(&self) {
        self.users.fail_next(u32::MAX);
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

//! The users service through its router, on a database of its own for each test.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accountability;
mod applications;
mod contract;
mod deletion;
mod delivery;
mod download;
mod expiry;
mod internal;
mod join;
mod members;
mod officers;
mod program;
mod receiver;
mod session;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use clap::Parser;
use grove_client::Peers;
use grove_outbox::Worker;
use grove_shared::{
    Clock,
    config::{ChapterTime, PeerUrls},
    envelope::Data,
};
use grove_testing::{Person, Reply, TestApp, TestDatabase};
use grove_users::{AppState, Chapter, Config, MIGRATOR, assemble};
use grove_users_api::{Profile, User};
use serde_json::{Value, json};

/// The service, and what a test does behind its back.
struct World {
    /// Lives as long as the service does.
    db: TestDatabase,
    app: TestApp,
    clock: Clock,
    time: ChapterTime,
    chapter: Arc<Chapter>,
    peers: Peers,
}

impl World {
    /// On an empty database and on 1 October 2026, while no other service answers.
    async fn new() -> Self {
        let nowhere = "http://127.0.0.1:1";
        Self::with_peers(nowhere).await
    }

    /// As [`World::new`], but auth, notifications and directory are at `url`.
    async fn with_peers(url: &str) -> Self {
        Self::with(&neighbours(url), "UTC").await
    }

    /// As [`World::new`], but the other services are where these `name=url` pairs say.
    async fn with_urls(urls: &str) -> Self {
        Self::with(urls, "UTC").await
    }

    /// As [`World::new`], but the chapter is in this time zone.
    async fn in_zone(zone: &str) -> Self {
        let nowhere = "http://127.0.0.1:1";
        Self::with(&neighbours(nowhere), zone).await
    }

    async fn with(urls: &str, zone: &str) -> Self {
        let db = TestDatabase::create(&MIGRATOR).await;
        let clock = Clock::stopped_at(start());
        let urls: PeerUrls = urls.parse().unwrap();
        let config = Config::parse_from(["users", "--chapter-time-zone", zone]);
        let (time, chapter) = (config.chapter.time, Arc::new(config.chapter));
        let mut peers = None;
        let app = TestApp::new("users", |keys| {
            let state = AppState {
                db: db.pool(),
                verifier: keys.verifier("users"),
                clock: clock.clone(),
                peers: Peers::new(keys.key("users"), urls, &[]).unwrap(),
                chapter: Arc::clone(&chapter),
                join_limit: config.join_limit,
            };
            peers = Some(state.peers.clone());
            assemble(state).into_router()
        });
        Self { db, app, clock, time, chapter, peers: peers.unwrap() }
    }

    fn officer(&self) -> Person {
        self.app.officer("admin2")
    }

    /// Asks to join as `netid` with a UIN of its own.
    async fn join(&self, netid: &str, uin: u32) {
        let reply = self.app.client().post("/users", &form(netid, uin)).await;
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    }

    async fn pay(&self, netid: &str) -> Reply {
        self.officer().put(&format!("/users/{netid}/paid"), &json!({})).await
    }

    /// Everyone, as officers see them.
    async fn users(&self) -> Vec<User> {
        self.officer().get("/users").await.json::<Data<Vec<User>>>().data
    }

    async fn profile(&self, netid: &str) -> Profile {
        self.app.member(netid).get("/users/me").await.json::<Data<Profile>>().data
    }

    async fn check(&self, asker: &Person, netid: &str) -> Value {
        let reply = asker.get(&format!("/users/{netid}/is_member")).await;
        assert_eq!(reply.status, 200);
        reply.json()
    }

    /// The effects that were recorded, delivered or not: the service and path of each, sorted.
    async fn effects(&self) -> Vec<String> {
        sqlx::query_scalar("SELECT CONCAT(peer, ' ', path) FROM outbox ORDER BY 1")
            .fetch_all(&self.db.pool())
            .await
            .unwrap()
    }

    /// Delivers everything that is due, and ends the deletions that are confirmed then.
    async fn settle(&self) {
        while self.worker().deliver_due().await.unwrap() > 0 {}
        let (db, now) = (self.db.pool(), self.clock.now());
        grove_users::end_deletions(&db, &self.chapter, now).await.unwrap();
    }

    fn worker(&self) -> Worker {
        Worker { db: self.db.pool(), peers: self.peers.clone(), clock: self.clock.clone() }
    }
}

/// Every service that this one calls, at `url`.
fn neighbours(url: &str) -> String {
    let services = grove_catalog::present().filter(|service| service.name != "users");
    services.map(|service| format!("{}={url}", service.name)).collect::<Vec<_>>().join(",")
}

/// The same, but these pairs of a name and a URL are where they say.
fn neighbours_but(url: &str, others: &[(&str, String)]) -> String {
    let others = others.iter().map(|(name, url)| format!(",{name}={url}"));
    neighbours(url) + &others.collect::<String>()
}

fn start() -> DateTime<Utc> {
    "2026-10-01T12:00:00Z".parse().unwrap()
}

/// A complete form, as the old website sends it.
fn form(netid: &str, uin: u32) -> Value {
    json!({
        "first_name": "Jane",
        "last_name": "Smith",
        "netid": netid,
        "uin": uin.to_string(),
        "SIGPwny": "on",
    })
}

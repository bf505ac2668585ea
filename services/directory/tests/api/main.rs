//! The directory service through its router, with a real directory server for each test.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod accountability;
mod changes;
mod configuration;
mod contract;
mod outage;
mod personal_data;
mod reconciliation;
mod slapd;
mod users;

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use clap::Parser;
use grove_client::Peers;
use grove_directory::{AppState, Campus, Config, DirectoryConfig, MIGRATOR, assemble};
use grove_shared::{Clock, config::PeerUrls};
use grove_testing::{Person, Reply, TestApp, TestDatabase};
use serde_json::{Value, json};

use crate::{slapd::Slapd, users::Users};

/// The people of the campus.
const PEOPLE: [&str; 6] = ["ada", "max", "zoe", "jsmith2", "mdoe3", "old1"];

/// The service with its database, its directory and the service users.
struct World {
    /// Lives as long as the service does.
    db: TestDatabase,
    slapd: Slapd,
    users: Users,
    app: TestApp,
    state: AppState,
}

impl World {
    /// With [`PEOPLE`] in the directory, none of whom is a member, on 1 October 2026.
    async fn new() -> Self {
        Self::with_people(&PEOPLE).await
    }

    async fn with_people(netids: &[&str]) -> Self {
        let slapd = Slapd::start(netids).await;
        let campus = Campus::new(&configuration(&slapd, &slapd.url(), &[])).unwrap();
        Self::with_campus(slapd, campus).await
    }

    async fn with_campus(slapd: Slapd, campus: Option<Campus>) -> Self {
        Self::build(slapd, campus, "UTC").await
    }

    /// As [`World::new`], but the chapter is in this time zone.
    async fn in_zone(zone: &str) -> Self {
        let slapd = Slapd::start(&PEOPLE).await;
        let campus = Campus::new(&configuration(&slapd, &slapd.url(), &[])).unwrap();
        Self::build(slapd, campus, zone).await
    }

    async fn build(slapd: Slapd, campus: Option<Campus>, zone: &str) -> Self {
        let time = Config::parse_from(["directory", "--chapter-time-zone", zone]).time;
        let db = TestDatabase::create(&MIGRATOR).await;
        let users = Users::start().await;
        let urls: PeerUrls = format!("users={}", users.url()).parse().unwrap();
        let mut kept = None;
        let app = TestApp::new("directory", |keys| {
            let state = AppState {
                db: db.pool(),
                verifier: keys.verifier("directory"),
                clock: Clock::stopped_at(start()),
                time,
                peers: Peers::new(keys.key("directory"), urls, &[]).unwrap(),
                campus,
            };
            kept = Some(state.clone());
            assemble(state).into_router()
        });
        Self { db, slapd, users, app, state: kept.unwrap() }
    }

    fn officer(&self) -> Person {
        self.app.officer("admin2")
    }

    async fn add(&self, netid: &str) -> Reply {
        let users = self.app.service("users");
        users.post("/activedirectory/add", &json!({ "netid": netid })).await
    }

    async fn remove(&self, netid: &str) -> Reply {
        let users = self.app.service("users");
        users.post("/activedirectory/remove", &json!({ "netid": netid })).await
    }

    async fn status(&self) -> Value {
        self.officer().get("/directory/status").await.json()
    }

    async fn reconcile(&self) -> Value {
        let reply = self.officer().post("/directory/reconcile", &json!({})).await;
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        reply.json()
    }

    async fn repair(&self) -> Value {
        let reply = self.officer().post("/directory/repair", &json!({})).await;
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        reply.json()
    }

    /// Someone's state in the service's table, and what went wrong.
    async fn entry(&self, netid: &str) -> (String, Option<String>) {
        sqlx::query_as("SELECT state, last_error FROM entries WHERE netid = ?")
            .bind(netid)
            .fetch_one(&self.db.pool())
            .await
            .unwrap()
    }
}

fn start() -> DateTime<Utc> {
    "2026-10-01T12:00:00Z".parse().unwrap()
}

/// The configuration for `slapd` at `url`, and more flags.
fn configuration(slapd: &Slapd, url: &str, flags: &[&str]) -> DirectoryConfig {
    let given = [
        format!("--directory-url={url}"),
        format!("--directory-bind-dn={}", slapd::BIND_DN),
        format!("--directory-bind-password={}", slapd::PASSWORD),
        format!("--directory-user-base-dn={}", slapd::USER_BASE),
        format!("--directory-group-dn={}", slapd::GROUP),
        format!("--directory-ca-file={}", slapd.ca_file().display()),
        "--directory-user-attribute=uid".to_owned(),
    ];
    let more = flags.iter().map(|flag| (*flag).to_owned());
    let mut flags: Vec<String> = vec!["directory".to_owned()];
    for flag in given.into_iter().chain(more) {
        // A later flag takes the place of an earlier one.
        let name = flag.split('=').next().unwrap().to_owned();
        flags.retain(|earlier| earlier.split('=').next() != Some(&name));
        flags.push(flag);
    }
    Config::try_parse_from(flags).unwrap().directory
}

/// How long something takes.
async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let begun = Instant::now();
    (work.await, begun.elapsed())
}

//! The notifications service through its router, its workers and a real mail server.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accountability;
mod channels;
mod contract;
mod elsewhere;
mod folder;
mod forgetting;
mod log;
mod mail;
mod people;
mod preferences;
mod reliability;
mod retries;
mod sink;
mod validation;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use clap::Parser;
use grove_client::Peers;
use grove_notifications::{
    AppState, Carriers, Channel, Config, MIGRATOR, Worker, assemble, retention::forget,
};
use grove_shared::Clock;
use grove_testing::{Person, Reply, TestApp, TestDatabase};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, MySqlPool};

use crate::{elsewhere::Elsewhere, sink::MailSink};

/// The service, and what a test does behind its back.
struct World {
    /// Lives as long as the service does.
    db: TestDatabase,
    app: TestApp,
    state: AppState,
    clock: Clock,
    config: Config,
    elsewhere: Elsewhere,
}

impl World {
    /// On an empty database and on 1 October 2026, with every channel but mail, which waits.
    async fn new() -> Self {
        Self::with(&[]).await
    }

    /// As [`World::new`], but mail goes to `sink`, which encrypts nothing.
    async fn with_mail_to(sink: &MailSink) -> Self {
        let mut arguments = sink.arguments();
        arguments.extend(["--smtp-security", "none"]);
        Self::with(&arguments).await
    }

    /// As [`World::new`], with more arguments of the program.
    async fn with(arguments: &[&str]) -> Self {
        let elsewhere = Elsewhere::start().await;
        let config = config(&elsewhere, arguments);
        Self::configured(config, elsewhere).await
    }

    /// With no channel configured, while no other service answers.
    async fn bare() -> Self {
        let elsewhere = Elsewhere::start().await;
        let nowhere = "users=http://127.0.0.1:1,groups=http://127.0.0.1:1";
        let config = Config::parse_from(["notifications", "--peers", nowhere]);
        Self::configured(config, elsewhere).await
    }

    async fn configured(config: Config, elsewhere: Elsewhere) -> Self {
        let db = TestDatabase::create(&MIGRATOR).await;
        let clock = Clock::stopped_at(start());
        let mut state = None;
        let app = TestApp::new("notifications", |keys| {
            let made = AppState {
                db: db.pool(),
                verifier: keys.verifier("notifications"),
                clock: clock.clone(),
                peers: Peers::new(keys.key("notifications"), config.service.peers.clone(), &[])
                    .unwrap(),
                carriers: Arc::new(config.carriers().unwrap()),
                senders: config.senders().unwrap().into(),
                mail_domain: config.mail_domain.as_str().into(),
            };
            state = Some(made.clone());
            assemble(made, &config).into_router()
        });
        Self { db, app, state: state.unwrap(), clock, config, elsewhere }
    }

    fn officer(&self) -> Person {
        self.app.officer("admin2")
    }

    fn pool(&self) -> MySqlPool {
        self.db.pool()
    }

    /// Sends a message as an officer; returns its id.
    async fn send(&self, message: &Value) -> u64 {
        accepted(&self.officer().post("/notification", message).await)
    }

    fn worker(&self, channel: Channel) -> Worker {
        self.worker_with(channel, self.state.carriers.clone())
    }

    /// A worker that sends in another way.
    fn worker_with(&self, channel: Channel, carriers: Arc<Carriers>) -> Worker {
        Worker {
            db: self.pool(),
            clock: self.clock.clone(),
            carriers,
            site_url: Arc::new(self.config.site_url.clone()),
            channel,
            rate: 100_000,
        }
    }

    /// Delivers what is due; returns how many messages went out.
    async fn deliver(&self, channel: Channel) -> usize {
        self.worker(channel).deliver_due().await.unwrap()
    }

    async fn wait(&self, channel: Channel, seconds: i64) -> usize {
        self.clock.advance(TimeDelta::seconds(seconds));
        self.deliver(channel).await
    }

    /// Deletes what is older than 180 days.
    async fn forget(&self) {
        forget(&self.pool(), 180, self.clock.now()).await.unwrap();
    }

    /// A notification as officers see it.
    async fn shown(&self, id: u64) -> Value {
        let reply = self.officer().get(&format!("/notification/{id}")).await;
        assert_eq!(reply.status, 200);
        reply.json()
    }

    /// What became of a notification for each recipient: `sent to ada1@example.edu`, sorted.
    async fn outcome(&self, id: u64) -> Vec<String> {
        let shown = self.shown(id).await;
        let deliveries = shown["deliveries"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut outcome: Vec<String> = deliveries
            .map(|delivery| {
                format!("{} to {}", text(&delivery["state"]), text(&delivery["recipient"]))
            })
            .collect();
        outcome.sort();
        outcome
    }

    /// The only delivery of a notification.
    async fn delivery(&self, id: u64) -> Value {
        let shown = self.shown(id).await;
        let deliveries = shown["deliveries"].as_array().unwrap();
        assert_eq!(deliveries.len(), 1, "{shown}");
        deliveries[0].clone()
    }

    /// How many rows a table has.
    async fn count(&self, table: &str) -> i64 {
        let query = AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        sqlx::query_scalar(query).fetch_one(&self.pool()).await.unwrap()
    }
}

fn config(elsewhere: &Elsewhere, more: &[&str]) -> Config {
    let (peers, url) = (elsewhere.peers(), &elsewhere.url());
    let webhook = format!("{url}/webhook");
    let arguments = [
        "notifications",
        "--peers",
        &peers,
        "--site-url",
        "https://grove.example.org",
        "--mail-senders",
        "ACM <acm@example.edu>,treasurer@example.edu",
        "--slack-token",
        "xoxb-slack",
        "--slack-url",
        url,
        "--discord-webhook",
        &webhook,
        "--x-keys",
        "consumer consumer-secret access access-secret",
        "--x-url",
        url,
    ];
    Config::parse_from(arguments.iter().chain(more))
}

fn start() -> DateTime<Utc> {
    "2026-10-01T12:00:00Z".parse().unwrap()
}

/// The id of a message that was taken.
fn accepted(reply: &Reply) -> u64 {
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    let reply: Value = reply.json();
    assert_eq!(reply["message"], "Notification(s) sent");
    reply["id"].as_u64().unwrap()
}

/// A mail to one person.
fn mail_to(recipient: &str) -> Value {
    json!({
        "services": [{ "name": "email", "recipients": [recipient], "subject": "Pizza" }],
        "message": "In the lounge, at six.",
    })
}

/// A message to a place where many read.
fn post_to(service: &Value) -> Value {
    json!({ "services": [service], "message": "Pizza in the lounge, at six." })
}

//! The auth service through its router, on a database of its own for each test.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accountability;
mod accounts;
mod contract;
mod flood;
mod internal;
mod links;
mod outbox;
mod passwords;
mod sessions;
mod sign_in;
mod throttle;

use std::time::Duration;

use chrono::{DateTime, Utc};
use grove_auth::{
    AppState, Chapter, Hasher, LinkTokens, MIGRATOR, Networks, PasswordHashing, admin, assemble,
};
use grove_auth_api::{NewAccount, ResolvedSession};
use grove_client::Peers;
use grove_http::server;
use grove_notifications_api::fake::FakeNotifications;
use grove_outbox::Worker;
use grove_shared::{Clock, config::PeerUrls};
use grove_testing::{Reply, TestApp, TestDatabase};
use grove_users_api::fake::FakeUsers;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

const PASSWORD: &str = "umbrella trombone glacier";
const OTHER_PASSWORD: &str = "lantern gravel seventeen moths";
/// Far below what a password deserves, so that tests are quick.
const CHEAP: PasswordHashing = PasswordHashing {
    memory_kib: 8,
    iterations: 1,
    concurrency: Some(4),
    longest_wait: Duration::from_secs(4),
};

/// The service and its surroundings.
struct Auth {
    db: TestDatabase,
    app: TestApp,
    clock: Clock,
    worker: Worker,
    notifications: FakeNotifications,
    people: FakeUsers,
    /// The services as the users service calls them.
    users: Peers,
    _stop: DropGuard,
}

async fn auth() -> Auth {
    auth_with(CHEAP, "").await
}

/// The service with passwords at this cost, in a world where these networks share an address.
async fn auth_with(cost: PasswordHashing, shared_networks: &str) -> Auth {
    let db = TestDatabase::create(&MIGRATOR).await;
    let now: DateTime<Utc> = "2026-09-01T12:00:00Z".parse().unwrap();
    let (clock, stop) = (Clock::stopped_at(now), CancellationToken::new());
    let (notifications, people) = (FakeNotifications::start().await, FakeUsers::start().await);
    let own = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own_url = format!("http://{}", own.local_addr().unwrap());
    let urls =
        format!("users={},notifications={},auth={own_url}", people.url(), notifications.url());
    let urls: PeerUrls = urls.parse().unwrap();

    let mut made = None;
    let app = TestApp::new("auth", |keys| {
        notifications.trust(keys.verifier("notifications"));
        let peers = |name| Peers::new(keys.key(name), urls.clone(), &[]).unwrap();
        let built = AppState {
            db: db.pool(),
            verifier: keys.verifier("auth"),
            clock: clock.clone(),
            peers: peers("auth"),
            hasher: Hasher::new(&cost).unwrap(),
            link_tokens: LinkTokens::new(&"a secret of this service".into()),
            chapter: Chapter {
                site_url: "https://grove.example.edu".parse().unwrap(),
                chapter_name: "Chapter of Testing".to_owned(),
                mail_domain: "example.edu".to_owned(),
            },
            shared_networks: shared_networks.parse::<Networks>().unwrap(),
        };
        made = Some((built.clone(), peers("users")));
        assemble(built).into_router()
    });
    let (state, users) = made.unwrap();
    let worker = Worker { db: db.pool(), peers: state.peers.clone(), clock: clock.clone() };
    tokio::spawn(server::serve(own, assemble(state).into_router(), stop.clone()));
    let guard = stop.drop_guard();
    Auth { db, app, clock, worker, notifications, people, users, _stop: guard }
}

fn person(netid: &str) -> NewAccount {
    NewAccount {
        netid: netid.parse().unwrap(),
        first_name: "Johanna".to_owned(),
        last_name: "Smithfield".to_owned(),
    }
}

impl Auth {
    /// Someone with an account, who has [`PASSWORD`] at the cost of [`CHEAP`].
    async fn joined(&self, netid: &str) {
        let (db, now) = (self.db.pool(), self.clock.now());
        admin::add_account(&db, &person(netid), Some(PASSWORD), &CHEAP, now).await.unwrap();
    }

    async fn disable(&self, netid: &str) {
        let netid = netid.parse().unwrap();
        admin::disable(&self.db.pool(), &netid, self.clock.now()).await.unwrap();
    }

    /// Signs in as old clients do.
    async fn sign_in(&self, netid: &str, password: &str) -> Reply {
        let body = json!({ "username": netid, "password": password });
        self.app.client().post("/session", &body).await
    }

    /// Signs in with what must be the right password; returns the token.
    async fn token(&self, netid: &str, password: &str) -> String {
        let reply = self.sign_in(netid, password).await;
        assert_eq!(reply.status, 200);
        reply.json::<Value>()["token"].as_str().unwrap().to_owned()
    }

    /// Signs in through the users service, from an address.
    async fn sign_in_from(&self, address: &str, netid: &str, password: &str) -> Reply {
        let body = json!({ "netid": netid, "password": password, "address": address });
        self.app.service("users").post("/internal/sessions", &body).await
    }

    /// The session of a token, as the gateway asks for it.
    async fn resolve(&self, token: &str) -> Option<ResolvedSession> {
        let gateway = self.app.service("gateway");
        let reply = gateway.post("/internal/sessions/resolve", &json!({ "token": token })).await;
        if reply.status == 404 {
            assert_eq!(reply.error(), "Session not found");
            return None;
        }
        assert_eq!(reply.status, 200);
        Some(reply.json())
    }

    async fn forget(&self, netid: &str) -> Reply {
        self.app.client().post("/password/reset", &json!({ "netid": netid })).await
    }

    /// Asks whether a link is of use.
    async fn check_link(&self, token: &str) -> Reply {
        self.app.client().post("/password/link/check", &json!({ "token": token })).await
    }

    async fn use_link(&self, token: &str, password: &str) -> Reply {
        let body = json!({ "token": token, "password": password });
        self.app.client().post("/password/link", &body).await
    }

    /// Delivers the outbox, and what is put into it meanwhile.
    async fn deliver(&self) {
        while self.worker.deliver_due().await.unwrap() > 0 {}
    }

    /// Whose mail address users was told to be proven.
    async fn verified(&self) -> Vec<String> {
        self.deliver().await;
        self.people.verified().iter().map(ToString::to_string).collect()
    }

    /// Every mail so far.
    async fn mails(&self) -> Vec<Value> {
        self.deliver().await;
        let mails = self.notifications.received().into_iter();
        mails.map(|received| json!(received.notification)).collect()
    }

    /// The token in the last mail.
    async fn mailed_token(&self) -> String {
        let mails = self.mails().await;
        let message = mails.last().unwrap()["message"].as_str().unwrap();
        let link = "https://grove.example.edu/account/password?token=";
        let (_, rest) = message.split_once(link).unwrap();
        rest.split_whitespace().next().unwrap().to_owned()
    }
}

//! The auth service through its router, on a database of its own for each test.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod internal;
mod links;
mod outbox;
mod passwords;
mod sessions;
mod sign_in;
mod throttle;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{Router, extract::State, routing::post};
use chrono::{DateTime, Utc};
use grove_auth::{AppState, Chapter, Hasher, MIGRATOR, PasswordHashing, admin, router};
use grove_shared::{
    Clock,
    api::accounts::{NewAccount, ResolvedSession},
    config::PeerUrls,
    extract::Json,
    outbox::Worker,
    peer::Peers,
    server,
    testing::{Reply, TestApp, TestDatabase, reveal},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use url::Url;

const PASSWORD: &str = "umbrella trombone glacier";
const OTHER_PASSWORD: &str = "lantern gravel seventeen moths";
/// Far below what a password deserves, so that tests are quick.
const CHEAP: PasswordHashing =
    PasswordHashing { memory_kib: 8, iterations: 1, concurrency: Some(4) };

/// What the other services were told: the path and the body of each call.
type Calls = Arc<Mutex<Vec<(&'static str, Value)>>>;

/// The service and its surroundings.
struct Auth {
    db: TestDatabase,
    app: TestApp,
    clock: Clock,
    calls: Calls,
    worker: Worker,
    /// The services as the users service calls them.
    users: Peers,
    _stop: DropGuard,
}

async fn auth() -> Auth {
    let db = TestDatabase::create(&MIGRATOR).await;
    let now: DateTime<Utc> = "2026-09-01T12:00:00Z".parse().unwrap();
    let (clock, calls, stop) = (Clock::stopped_at(now), Calls::default(), CancellationToken::new());
    let (others, others_url) = listener().await;
    tokio::spawn(server::serve(others, other_services(calls.clone()), stop.clone()));
    let (own, own_url) = listener().await;
    let urls = ["users", "notifications"].map(|name| (name.to_owned(), others_url.clone()));
    let mut urls = HashMap::from(urls);
    urls.insert("auth".to_owned(), own_url);

    let mut made = None;
    let app = TestApp::new("auth", |keys| {
        let peers = |name| Peers::new(keys.key(name), PeerUrls(urls.clone())).unwrap();
        let built = AppState {
            db: db.pool(),
            verifier: keys.verifier("auth"),
            clock: clock.clone(),
            peers: peers("auth"),
            hasher: Hasher::new(&CHEAP).unwrap(),
            chapter: Chapter {
                site_url: "https://grove.example.edu".parse().unwrap(),
                chapter_name: "Chapter of Testing".to_owned(),
                mail_domain: "example.edu".to_owned(),
            },
        };
        made = Some((built.clone(), peers("users")));
        router(built)
    });
    let (state, users) = made.unwrap();
    let worker = Worker { db: db.pool(), peers: state.peers.clone(), clock: clock.clone() };
    tokio::spawn(server::serve(own, router(state), stop.clone()));
    Auth { db, app, clock, calls, worker, users, _stop: stop.drop_guard() }
}

async fn listener() -> (TcpListener, Url) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url.parse().unwrap())
}

/// Takes whatever it is told.
fn other_services(calls: Calls) -> Router {
    let take = |path: &'static str| {
        post(async move |State(calls): State<Calls>, Json(body): Json<Value>| {
            calls.lock().unwrap().push((path, body));
            Json(json!({}))
        })
    };
    Router::new()
        .route("/notification", take("/notification"))
        .route("/internal/users/verified", take("/internal/users/verified"))
        .with_state(calls)
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
        admin::add_account(&db, &person(netid), None, now).await.unwrap();
        let token = admin::activation_link(&db, &netid.parse().unwrap(), now).await.unwrap();
        assert_eq!(self.use_link(reveal(&token), PASSWORD).await.status, 200);
        self.deliver().await;
        self.calls.lock().unwrap().clear();
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

    async fn use_link(&self, token: &str, password: &str) -> Reply {
        let path = format!("/password/link/{token}");
        self.app.client().post(&path, &json!({ "password": password })).await
    }

    /// Delivers the outbox, and what is put into it meanwhile.
    async fn deliver(&self) {
        while self.worker.deliver_due().await.unwrap() > 0 {}
    }

    /// The bodies that were sent to a path of another service.
    async fn told(&self, path: &str) -> Vec<Value> {
        self.deliver().await;
        let calls = self.calls.lock().unwrap();
        calls.iter().filter(|call| call.0 == path).map(|call| call.1.clone()).collect()
    }

    async fn mails(&self) -> Vec<Value> {
        self.told("/notification").await
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

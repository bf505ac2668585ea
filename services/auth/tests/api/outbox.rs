//! The outbox that every service with effects has, on this service's schema.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU16, Ordering},
};

use axum::{Router, extract::State, routing::post};
use chrono::TimeDelta;
use grove_http::extract::{Json, Path};
use grove_outbox::{GIVE_UP_AFTER, Words, enqueue, enqueue_in_order};
use grove_shared::{Call, db, effects::Effects};
use grove_testing::Neighbour;
use http::{Method, StatusCode};

use super::*;

/// A receiver that answers what it is told to, fails at anything called `bad`, and notes what it takes.
#[derive(Clone)]
struct Receiver {
    status: Arc<AtomicU16>,
    taken: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    async fn start() -> (Self, Neighbour) {
        let receiver = Self { status: Arc::new(200.into()), taken: Arc::default() };
        let take = async |Path(name): Path<String>, State(receiver): State<Self>| {
            let status = if name == "bad" { 500 } else { receiver.status.load(Ordering::SeqCst) };
            let status = StatusCode::from_u16(status).unwrap();
            if status.is_success() {
                receiver.taken.lock().unwrap().push(name);
            }
            (status, Json(json!({ "error": "not now" })))
        };
        let routes = Router::new().route("/{name}", post(take)).with_state(receiver.clone());
        (receiver, Neighbour::start(routes).await)
    }

    fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap().clone()
    }
}

/// A service, and one receiver each for two of the services that it calls.
struct Outbox {
    auth: Auth,
    worker: Worker,
    users: Receiver,
    directory: Receiver,
    _servers: [Neighbour; 2],
}

impl Outbox {
    async fn start() -> Self {
        let auth = auth().await;
        let (users, users_server) = Receiver::start().await;
        let (directory, directory_server) = Receiver::start().await;
        let urls =
            format!("users={},directory={}", users_server.url(), directory_server.url()).parse();
        let key =
            grove_identity::SigningKey::new("auth", &grove_identity::SigningKey::generate_secret());
        let peers = Peers::new(key.unwrap(), urls.unwrap(), &[]).unwrap();
        let worker = Worker { db: auth.db.pool(), peers, clock: auth.clock.clone() };
        let servers = [users_server, directory_server];
        Self { auth, worker, users, directory, _servers: servers }
    }

    async fn add(&self, peer: &str, path: &str, subject: Option<&str>) {
        let mut transaction = db::begin(&self.auth.db.pool()).await.unwrap();
        let effect = Call::<Value>::stored(peer, Method::POST, path, json!({ "about": path }));
        let (words, now) = (Words::for_officers("A test"), self.auth.clock.now());
        match subject {
            Some(subject) => {
                enqueue_in_order(&mut transaction, &effect, subject, &words, now).await
            }
            None => enqueue(&mut transaction, &effect, &words, now).await,
        }
        .unwrap();
        transaction.commit().await.unwrap();
    }

    /// Delivers what is due `after` that time.
    async fn deliver(&self, after: TimeDelta) -> usize {
        self.auth.clock.advance(after);
        self.worker.deliver_due().await.unwrap()
    }

    async fn shown(&self) -> Effects {
        self.auth.app.officer("officer2").get("/outbox/auth").await.json()
    }
}

#[tokio::test]
async fn an_effect_that_is_refused_is_shown_to_officers_and_delivered_when_they_say_so() {
    let outbox = Outbox::start().await;
    outbox.users.answer(422);
    outbox.add("users", "/first", None).await;
    assert_eq!(outbox.deliver(TimeDelta::zero()).await, 0);

    let shown = outbox.shown().await;
    assert_eq!((shown.pending, shown.dead), (0, 1));
    let dead = &shown.effects[0];
    assert_eq!((dead.peer.as_str(), dead.path.as_str()), ("users", "/first"));
    assert_eq!(
        dead.last_error.as_deref(),
        Some("users answered 422 Unprocessable Entity: not now")
    );
    assert!(dead.dead_at.is_some());

    outbox.users.answer(200);
    assert_eq!(outbox.deliver(TimeDelta::days(2)).await, 0, "a dead effect comes by itself");
    let (officer, member) = (outbox.auth.app.officer("officer2"), outbox.auth.app.member("aba2"));
    let replay = format!("/outbox/auth/{}/replay", dead.id);
    assert_eq!(member.get("/outbox/auth").await.status, 403);
    assert_eq!(member.post(&replay, &json!({})).await.status, 403);
    assert_eq!(officer.post(&replay, &json!({})).await.status, 200);
    assert_eq!(outbox.deliver(TimeDelta::zero()).await, 1);
    assert_eq!(outbox.users.taken(), ["first"]);
    assert_eq!(officer.post(&replay, &json!({})).await.status, 409);
    assert_eq!(officer.post("/outbox/auth/4711/replay", &json!({})).await.status, 404);
    assert_eq!(outbox.shown().await.effects, []);
}

#[tokio::test]
async fn an_effect_is_not_repeated_when_it_would_undo_a_later_one_or_is_forgotten_elsewhere() {
    let outbox = Outbox::start().await;
    outbox.users.answer(422);
    outbox.add("users", "/add", Some("aba2")).await;
    outbox.add("users", "/old", None).await;
    outbox.deliver(TimeDelta::zero()).await;
    outbox.users.answer(200);
    outbox.add("users", "/remove", Some("aba2")).await;
    assert_eq!(outbox.deliver(TimeDelta::zero()).await, 1);
    let officer = outbox.auth.app.officer("officer2");
    let dead = outbox.shown().await.effects;
    let refusal = async |number: usize| {
        let path = format!("/outbox/auth/{}/replay", dead[number].id);
        let reply = officer.post(&path, &json!({})).await;
        (reply.status.as_u16(), reply.json::<Value>()["error"].as_str().unwrap_or("").to_owned())
    };
    let (status, reason) = refusal(0).await;
    assert_eq!(status, 409);
    assert!(reason.contains("Something later"), "{reason}");
    outbox.auth.clock.advance(TimeDelta::days(366));
    let (status, reason) = refusal(1).await;
    assert_eq!(status, 409);
    assert!(reason.contains("older than a year"), "{reason}");
    assert_eq!(outbox.deliver(TimeDelta::zero()).await, 0);
}

#[tokio::test]
async fn effects_about_one_subject_keep_their_order_through_an_outage() {
    let outbox = Outbox::start().await;
    outbox.users.answer(503);
    outbox.add("users", "/add", Some("aba2")).await;
    assert_eq!(outbox.deliver(TimeDelta::zero()).await, 0);
    outbox.add("users", "/remove", Some("aba2")).await;
    outbox.add("users", "/other", Some("bcd3")).await;
    outbox.users.answer(200);
    assert_eq!(outbox.deliver(TimeDelta::zero()).await, 1, "only the other subject is due");
    assert_eq!(outbox.deliver(TimeDelta::seconds(2)).await, 2);
    assert_eq!(outbox.users.taken(), ["other", "add", "remove"]);
}

#[tokio::test]
async fn a_receiver_that_is_away_holds_up_no_effect_for_another() {
    let outbox = Outbox::start().await;
    outbox.directory.answer(503);
    for number in 0..20 {
        outbox.add("directory", &format!("/{number}"), None).await;
    }
    outbox.add("users", "/mail", None).await;
    assert_eq!(outbox.deliver(TimeDelta::zero()).await, 1);
    assert_eq!(outbox.users.taken(), ["mail"]);

    outbox.directory.answer(200);
    assert_eq!(outbox.deliver(TimeDelta::seconds(2)).await, 20);
    let mut taken = outbox.directory.taken();
    taken.sort_unstable();
    taken.dedup();
    assert_eq!(taken.len(), 20, "an effect came twice or not at all");
}

#[tokio::test]
async fn an_effect_that_fails_for_long_holds_up_no_other_for_the_same_receiver() {
    let outbox = Outbox::start().await;
    outbox.add("users", "/bad", None).await;
    for _ in 0..12 {
        assert_eq!(outbox.deliver(TimeDelta::hours(2)).await, 0);
    }
    // More than are delivered at once, the one that fails before them.
    outbox.auth.clock.advance(TimeDelta::hours(2));
    for number in 0..20 {
        outbox.add("users", &format!("/{number}"), None).await;
    }
    assert_eq!(outbox.deliver(TimeDelta::zero()).await, 20);
}

#[tokio::test]
async fn what_fails_for_a_day_is_given_up() {
    let outbox = Outbox::start().await;
    outbox.users.answer(503);
    outbox.add("users", "/first", None).await;
    for _ in 0..GIVE_UP_AFTER {
        assert_eq!(outbox.shown().await.dead, 0);
        outbox.deliver(TimeDelta::hours(2)).await;
    }
    assert_eq!(outbox.shown().await.dead, 1);
}

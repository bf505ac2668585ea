//! The notifications service in memory, for the tests of those who call it.
//!
//! ```ignore
//! let notifications = FakeNotifications::start().await;
//! let app = TestApp::new("gigs", |keys| {
//!     notifications.trust(keys.verifier("notifications"));
//!     ...
//! });
//! assert_eq!(notifications.received()[0].notification.kind.as_deref(), Some(GIGS));
//! ```

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test kit fails by panicking")]

mod check;
mod routes;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, OnceLock},
};

use axum::Router;
use chrono::{DateTime, Utc};
use grove_identity::Verifier;
use grove_testing::Neighbour;
use http::StatusCode;
use serde_json::Value;

use crate::Notification;

/// A notifications service that keeps what it is sent and refuses what the real one refuses.
#[derive(Debug, Clone)]
pub struct FakeNotifications {
    shared: Shared,
    server: Arc<Neighbour>,
}

/// A message that was taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// Identifies it.
    pub id: u64,
    /// The service that sent it.
    pub caller: String,
    /// The key that it came under.
    pub key: Option<String>,
    /// The message.
    pub notification: Notification,
    /// When it came.
    pub received_at: DateTime<Utc>,
}

/// What becomes of a call instead of the usual.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// It is answered so and has no effect.
    Refuse(StatusCode),
    /// It has its effect, and the answer is lost.
    LoseAnswer,
}

/// What the handlers share with the test.
#[derive(Debug, Clone, Default)]
struct Shared {
    verifier: Arc<OnceLock<Verifier>>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    received: Vec<Received>,
    /// The bodies that came under a key of a caller, and the ids of what they became.
    keys: HashMap<(String, String), (Value, u64)>,
    faults: VecDeque<Fault>,
    calls: usize,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl FakeNotifications {
    /// Listens on a free port until it is dropped.
    pub async fn start() -> Self {
        let shared = Shared::default();
        let server = Arc::new(Neighbour::start(routes::routes(shared.clone())).await);
        Self { shared, server }
    }

    /// Says whose calls count: `keys.verifier("notifications")`. It has to be said once, before the first call.
    pub fn trust(&self, verifier: Verifier) {
        let _ = self.shared.verifier.set(verifier);
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Its routes, for a test that has several services at one address.
    pub fn routes(&self) -> Router {
        routes::routes(self.shared.clone())
    }

    /// Every message that was taken, the oldest first; a repetition under the same key is none.
    pub fn received(&self) -> Vec<Received> {
        self.shared.state().received.clone()
    }

    /// How many calls there were, with those that were refused and those that were repeated.
    pub fn calls(&self) -> usize {
        self.shared.state().calls
    }

    /// Answers 503 to the next `calls`; they have no effect.
    pub fn fail_next(&self, calls: u32) {
        for _ in 0..calls {
            self.refuse_next(StatusCode::SERVICE_UNAVAILABLE);
        }
    }

    /// Answers the next call with `status`; it has no effect. Said several times, it is for as many calls.
    pub fn refuse_next(&self, status: StatusCode) {
        self.shared.state().faults.push_back(Fault::Refuse(status));
    }

    /// Takes the message of the next call and answers 503 all the same.
    pub fn lose_next_answer(&self) {
        self.shared.state().faults.push_back(Fault::LoseAnswer);
    }
}

//! What the fakes of services have in common, which stand beside their contracts.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use grove_http::ApiError;
use grove_identity::IDENTITY;

use crate::Neighbour;

/// When a fake that fails says that it can be asked again; no service says this by itself.
const RETRY_AFTER: Duration = Duration::from_secs(7);

/// A service in memory on a free port, until it and its clones are dropped. It refuses who does not say who
/// they are, fails when a test wants it to, and notes what was asked for.
#[derive(Debug)]
pub struct Fake<T> {
    memory: Memory<T>,
    door: Memory<Door>,
    server: Arc<Neighbour>,
}

/// What a test shares with the handlers of a [`Fake`].
#[derive(Debug, Default)]
pub struct Memory<T>(Arc<Mutex<T>>);

#[derive(Debug)]
struct Door {
    name: &'static str,
    requests: Vec<String>,
    failures: u32,
}

impl<T: Default + Send + 'static> Fake<T> {
    /// The service `name`, which answers `routes`.
    ///
    /// # Panics
    /// When the machine has no free port.
    pub async fn start(name: &'static str, routes: Router<Memory<T>>) -> Self {
        let door = Door { name, requests: Vec::new(), failures: 0 };
        let (memory, door) = (Memory::default(), Memory(Arc::new(Mutex::new(door))));
        let routes = routes
            .layer(middleware::from_fn_with_state(door.clone(), enter))
            .with_state(Memory::clone(&memory));
        Self { memory, door, server: Arc::new(Neighbour::start(routes).await) }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// What it remembers.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.memory.lock()
    }

    /// Answers 503 to the next `requests`.
    pub fn fail_next(&self, requests: u32) {
        self.door.lock().failures = requests;
    }

    /// Method and path of each request so far, also of those that were answered 503.
    pub fn requests(&self) -> Vec<String> {
        self.door.lock().requests.clone()
    }
}

impl<T> Clone for Fake<T> {
    fn clone(&self) -> Self {
        let Self { memory, door, server } = self;
        Self { memory: memory.clone(), door: door.clone(), server: Arc::clone(server) }
    }
}

impl<T> Memory<T> {
    /// Nobody else sees or changes it meanwhile.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for Memory<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

async fn enter(State(door): State<Memory<Door>>, request: Request, next: Next) -> Response {
    if !request.headers().contains_key(IDENTITY) {
        return ApiError::unauthenticated().into_response();
    }
    let failing = {
        let mut door = door.lock();
        door.requests.push(format!("{} {}", request.method(), request.uri().path()));
        let fails = door.failures > 0;
        door.failures = door.failures.saturating_sub(1);
        fails.then_some(door.name)
    };
    match failing {
        Some(name) => ApiError::unavailable(format!("{name} is out of order"))
            .retry_after(RETRY_AFTER)
            .into_response(),
        None => next.run(request).await,
    }
}

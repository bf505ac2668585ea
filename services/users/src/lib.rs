//! Who joined the chapter, who is a member, and from when to when.
//!
//! People ask to join, prove their mail address, and pay their dues; an officer confirms the payment,
//! which makes them members for a dated term. The service owns the tables `users` and `memberships`.
//! Passwords and sessions belong to auth, which it asks when someone signs in. Everything else that
//! happens elsewhere (accounts, mails, the campus directory) goes through its outbox, so that joining
//! and approving work while the other services are away.

pub mod admin;
mod config;
mod effect;
mod error;
pub mod import;
mod internal;
mod membership;
mod routes;
mod session;
mod store;
mod term;
mod user;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::FromRef,
    routing::{get, post, put},
};
use grove_shared::{Clock, db, idempotency, identity::Verifier, outbox, peer::Peers, server};
use sqlx::{MySqlPool, migrate::Migrator};
use tokio_util::sync::CancellationToken;

pub use crate::{
    config::{Chapter, Config},
    membership::end_expired,
};

/// The schema that this service owns.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/users");

/// How long a stop waits for the effect that is under way. One that is cut off comes again, with the
/// same idempotency key.
const LAST_DELIVERY: Duration = Duration::from_secs(1);

/// How soon after midnight a membership that ended leaves the directory, at the latest.
const UPKEEP_INTERVAL: Duration = Duration::from_hours(1);

/// What the handlers share.
#[derive(Debug, Clone, FromRef)]
pub struct AppState {
    /// The service's schema.
    pub db: MySqlPool,
    /// Checks who calls.
    pub verifier: Verifier,
    /// Tells the time.
    pub clock: Clock,
    /// The services that this one calls.
    pub peers: Peers,
    /// What people are told about the chapter.
    pub chapter: Arc<Chapter>,
}

/// Every route of the service.
pub fn router(state: AppState) -> Router {
    let readiness = db::readiness(&state.db);
    let routes = Router::new()
        .route("/users", get(routes::list).post(routes::join))
        .route("/users/login", post(session::login))
        .route("/users/logout", post(session::logout))
        .route("/users/me", get(routes::show_own).put(routes::update_own))
        .route("/users/{netid}", get(routes::show).delete(routes::delete))
        .route("/users/{netid}/is_member", get(routes::is_member))
        .route("/users/{netid}/paid", put(routes::pay))
        .route("/internal/users/verified", post(internal::verify))
        .route("/internal/members", get(internal::members))
        .route("/internal/memberships", post(internal::admit))
        .merge(outbox::routes("users"))
        .with_state(state);
    server::with_standard_routes("users", routes, readiness)
}

/// Runs the service and delivers its effects until `stop` is cancelled.
///
/// # Errors
/// When the configuration is incomplete, a migration fails or the address is taken.
pub async fn run(config: Config, stop: CancellationToken) -> anyhow::Result<()> {
    let db = db::connect(&config.db)?;
    let verifier = config.identity.verifier("users")?;
    let peers = Peers::new(config.identity.signing_key("users")?, config.peers)?;
    db::migrate(&db, &MIGRATOR).await?;
    let listener = server::bind(config.listen).await?;
    let clock = Clock::system();
    let worker = outbox::Worker { db: db.clone(), peers: peers.clone(), clock: clock.clone() };
    let worker = tokio::spawn(worker.run(stop.clone()));
    let upkeep =
        tokio::spawn(stop.clone().run_until_cancelled_owned(upkeep(db.clone(), clock.clone())));
    let state = AppState { db, verifier, clock, peers, chapter: Arc::new(config.chapter) };
    server::serve(listener, router(state), stop).await;
    let _ = tokio::time::timeout(LAST_DELIVERY, async { tokio::join!(worker, upkeep) }).await;
    Ok(())
}

/// Ends memberships and forgets old idempotency keys, at once and then every hour.
async fn upkeep(db: MySqlPool, clock: Clock) {
    let mut hour = tokio::time::interval(UPKEEP_INTERVAL);
    loop {
        hour.tick().await;
        let now = clock.now();
        if let Err(cause) = end_expired(&db, now).await {
            tracing::warn!(cause = format!("{cause:#}"), "memberships cannot be ended");
        }
        if let Err(cause) = idempotency::forget_old(&db, now).await {
            tracing::warn!(%cause, "old idempotency keys cannot be forgotten");
        }
    }
}

//! The ledger of credits, and card payments.
//!
//! Credits move between accounts in transactions whose entries sum to zero ([`ledger`]); nothing that
//! was written is changed or deleted, and the service's own database account could not. Members give
//! each other credits and buy them by card; gigs and merch move them for their own purposes. The
//! service asks users who is a member.

mod config;
mod error;
mod event;
mod ledger;
mod member;
mod news;
mod payment;
mod proof;
mod request;
mod routes;
mod seal;
mod store;
mod stripe;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::FromRef,
    routing::{delete, get, post},
};
use chrono::TimeDelta;
use grove_shared::{
    Clock, db, idempotency,
    identity::Verifier,
    outbox::{self, Worker},
    peer::Peers,
    server,
};
use sqlx::{MySqlPool, migrate::Migrator};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use crate::{
    config::{Config, StripeConfig},
    member::{Current, Members},
    payment::Payments,
    stripe::Stripe,
};

/// The schema that this service owns.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/credits");

/// How long a stop waits for what is under way. What is cut off goes on after the next start.
const LAST_STEP: Duration = Duration::from_secs(1);
const FORGET_INTERVAL: Duration = Duration::from_hours(1);
/// Stripe sends an event again for three days.
const EVENTS_KEPT_FOR: TimeDelta = TimeDelta::days(30);

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
    /// Opens accounts.
    pub members: Members,
    /// Takes payments by card.
    pub payments: Payments,
}

impl AppState {
    /// Seals what is not sealed yet, as it happens every second while the service runs.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn seal(&self) -> anyhow::Result<()> {
        Ok(seal::seal(&self.db).await?)
    }

    /// Asks Stripe about payments that are due, as it happens all the time while the service runs.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn ask_for_news(&self) -> anyhow::Result<()> {
        Ok(self.payments.ask_for_news().await?)
    }
}

/// Every route of the service.
pub fn router(state: AppState) -> Router {
    use routes::{history, internal, members, officers, payments};
    let readiness = db::readiness(&state.db);
    let routes = Router::new()
        .route("/credits/users", get(officers::balances))
        .route("/credits/users/{netid}", get(members::show))
        .route("/credits/transactions", get(history::list).post(officers::adjust))
        .route("/credits/transactions/{id}", delete(officers::reverse))
        .route("/credits/transfers", post(members::transfer))
        .route("/credits/export", get(history::export))
        .route("/credits/audit", get(officers::audit))
        .route("/credits/payment-options", get(payments::options))
        .route("/credits/top-ups", post(payments::top_up))
        .route("/credits/top-ups/{id}", get(payments::show_top_up))
        .route("/credits/membership-payments", post(payments::membership))
        .route("/payment", post(payments::pay))
        .route("/stripe/webhook", post(payments::webhook))
        .route("/internal/transfers", post(internal::transfer))
        .route("/internal/holds", post(internal::hold))
        .route("/internal/holds/{id}", get(internal::show_hold))
        .route("/internal/holds/{id}/capture", post(internal::capture))
        .route("/internal/holds/{id}/release", post(internal::release))
        .route("/internal/members/{netid}", get(internal::balance))
        .merge(outbox::routes("credits"))
        .with_state(state);
    server::with_standard_routes("credits", routes, readiness)
}

/// Runs the service until `stop` is cancelled.
///
/// # Errors
/// When the configuration is incomplete, a migration fails or the address is taken.
pub async fn run(config: Config, stop: CancellationToken) -> anyhow::Result<()> {
    let db = db::connect(&config.db)?;
    let verifier = config.identity.verifier("credits")?;
    let peers = Peers::new(config.identity.signing_key("credits")?, config.peers)?;
    let stripe = config.stripe.stripe()?;
    db::migrate(&db, &MIGRATOR).await?;
    let listener = server::bind(config.listen).await?;
    let clock = Clock::system();
    let members = Members {
        db: db.clone(),
        peers: peers.clone(),
        clock: clock.clone(),
        initial: config.initial_credits,
        current: Current::default(),
    };
    let payments = Payments {
        db: db.clone(),
        stripe,
        clock: clock.clone(),
        site_url: Arc::new(config.site_url),
        chapter_name: config.chapter_name.into(),
    };
    let worker = Worker { db: db.clone(), peers: peers.clone(), clock: clock.clone() };
    let tasks = TaskTracker::new();
    tasks.spawn(worker.run(stop.clone()));
    tasks.spawn(members.clone().run(stop.clone()));
    tasks.spawn(payments.clone().run(stop.clone()));
    tasks.spawn(seal::run(db.clone(), stop.clone()));
    tasks.spawn(proof::run(db.clone(), clock.clone(), stop.clone()));
    tasks.spawn(forget(db.clone(), clock.clone(), stop.clone()));
    tasks.close();
    let state = AppState { db, verifier, clock, peers, members, payments };
    server::serve(listener, router(state), stop).await;
    let _ = tokio::time::timeout(LAST_STEP, tasks.wait()).await;
    Ok(())
}

/// Forgets keys and events that nobody repeats any more, until `stop` is cancelled.
async fn forget(db: MySqlPool, clock: Clock, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let now = clock.now();
        if let Err(cause) = idempotency::forget_old(&db, now).await {
            tracing::warn!(%cause, "old idempotency keys cannot be deleted now");
        }
        if let Err(cause) = store::payments::forget_events(&db, now - EVENTS_KEPT_FOR).await {
            tracing::warn!(%cause, "old events cannot be deleted now");
        }
        tokio::select! {
            () = tokio::time::sleep(FORGET_INTERVAL) => {}
            () = stop.cancelled() => {}
        }
    }
}

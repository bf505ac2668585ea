//! The ledger of credits, and card payments.
//!
//! Credits move between accounts in transactions whose entries sum to zero ([`ledger`]); nothing that
//! was written is changed or deleted, and the service's own database account could not. Members give
//! each other credits and buy them by card; gigs and merch move them for their own purposes. The
//! service asks users who is a member.

mod config;
mod error;
mod event;
mod holding;
mod ledger;
mod logged;
mod member;
mod payment;
mod personal_data;
mod proof;
mod reconciliation;
mod request;
mod routes;
mod seal;
mod store;
mod stripe;

use std::{sync::Arc, time::Duration};

use axum::{
    extract::FromRef,
    routing::{get, post},
};
use chrono::TimeDelta;
use grove_client::Peers;
use grove_identity::{Verifier, caller::Admin};
use grove_outbox::{Worker, retention};
use grove_service::{Service, Upkeep};
use grove_shared::{Clock, config::ChapterTime, db};
use sqlx::{MySqlPool, migrate::Migrator};
use utoipa_axum::{router::OpenApiRouter, routes};

pub use crate::{
    config::{Config, StripeConfig},
    member::{Current, Members},
    payment::Payments,
    proof::Auditor,
    stripe::Stripe,
};
pub use grove_credits_api::SERVICE;

/// The schema that this service owns.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/credits");

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
    /// When a day of the chapter begins.
    pub time: ChapterTime,
}

impl AppState {
    /// Seals what is not sealed yet, as it happens every second while the service runs.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn seal(&self) -> anyhow::Result<()> {
        Ok(seal::seal(&self.db).await?)
    }

    /// Gives back what was held for too long, as it happens every minute while the service runs.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn expire_holds(&self) -> anyhow::Result<()> {
        Ok(holding::expire_due(&self.db, self.clock.now()).await?)
    }

    /// Asks Stripe about payments that are due, as it happens all the time while the service runs.
    ///
    /// # Errors
    /// When Stripe or the database does not answer.
    pub async fn reconcile_payments(&self) -> anyhow::Result<()> {
        Ok(self.payments.reconcile().await?)
    }
}

/// The service as it is configured.
///
/// # Errors
/// When the configuration is incomplete.
pub fn service(config: &Config) -> anyhow::Result<Service> {
    let db = db::connect(&config.service.db)?;
    let (clock, site_url) = (Clock::system(), Arc::new(config.site_url.clone()));
    let peers = Peers::from_config(&config.service, SERVICE, &[grove_users_api::SERVICE])?;
    let members = Members {
        db: db.clone(),
        peers: peers.clone(),
        clock: clock.clone(),
        initial: config.initial_credits,
        current: Current::default(),
    };
    let payments = Payments {
        db: db.clone(),
        stripe: config.stripe.stripe()?,
        clock: clock.clone(),
        site_url,
        chapter_name: config.chapter_name.as_str().into(),
    };
    let verifier = Verifier::from_config(&config.service.identity, SERVICE.name)?;
    Ok(assemble(AppState { db, verifier, clock, peers, members, payments, time: config.time }))
}

/// The service made of its parts.
pub fn assemble(state: AppState) -> Service {
    let AppState { db, clock, peers, .. } = &state;
    let (db, sealed) = (db.clone(), db.clone());
    let worker = Worker { db: db.clone(), peers: peers.clone(), clock: clock.clone() };
    let upkeep = upkeep(&state);
    Service::new(SERVICE, routes(state))
        .schema(&db, &MIGRATOR)
        .task("outbox", move |stop| worker.clone().run(stop))
        .task("seals", move |stop| seal::run(sealed.clone(), stop))
        .upkeep(upkeep)
}

fn routes(state: AppState) -> OpenApiRouter {
    use routes::{history, internal, members, officers, payments};
    OpenApiRouter::new()
        .routes(routes!(officers::balances))
        .routes(routes!(members::show))
        .routes(routes!(history::list, officers::adjust))
        .routes(routes!(officers::reverse))
        .routes(routes!(members::transfer))
        .routes(routes!(history::export))
        .routes(routes!(officers::audit))
        .routes(routes!(officers::holds))
        .routes(routes!(officers::release))
        .routes(routes!(payments::options))
        .routes(routes!(payments::top_up))
        .routes(routes!(payments::show_top_up))
        .routes(routes!(payments::membership))
        .routes(routes!(payments::pay))
        .routes(routes!(payments::webhook))
        .route("/internal/transfers", post(internal::transfer))
        .route("/internal/holds", post(internal::hold))
        .route("/internal/holds/{id}", get(internal::show_hold))
        .route("/internal/holds/{id}/capture", post(internal::capture))
        .route("/internal/holds/{id}/release", post(internal::release))
        .route("/internal/accounts", post(internal::open_account))
        .route("/internal/members/{netid}", get(internal::balance))
        .merge(grove_outbox::routes::<AppState, Admin>(SERVICE.name))
        .merge(grove_audit::routes(SERVICE.name))
        .merge(grove_personal_data::routes())
        .with_state(state)
}

fn upkeep(state: &AppState) -> Upkeep {
    let auditor = Auditor::new(state.db.clone(), state.clock.clone());
    let (members, payments) = (state.members.clone(), state.payments.clone());
    let (holds, kept) = (state.clone(), state.clone());
    Upkeep::new()
        .every(Duration::from_secs(10), "payments by card", move || {
            let payments = payments.clone();
            async move { payments.reconcile().await }
        })
        .every(Duration::from_secs(30), "accounts of members", move || {
            let members = members.clone();
            async move { members.reconcile().await }
        })
        .every(Duration::from_mins(1), "expired holds", move || {
            let state = holds.clone();
            async move { state.expire_holds().await }
        })
        .every(Duration::from_mins(5), "the proof of the ledger", move || {
            let auditor = auditor.clone();
            async move { auditor.run().await }
        })
        .every(Duration::from_hours(1), "keys, effects and events", move || {
            let AppState { db, clock, .. } = kept.clone();
            async move { forget(&db, &clock).await }
        })
}

/// Deletes what nobody repeats or asks for any more.
async fn forget(db: &MySqlPool, clock: &Clock) -> Result<(), sqlx::Error> {
    let now = clock.now();
    retention::forget_keys(db, now).await?;
    retention::purge_delivered(db, now).await?;
    store::events::forget(db, now - EVENTS_KEPT_FOR).await.map(drop)
}

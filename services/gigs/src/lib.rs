//! Gigs: small jobs that members offer each other for credits.
//!
//! Posting a gig moves its reward into the escrow account of credits; accepting a claim pays it out,
//! closing the gig gives it back. The service owns the tables `gigs`, `claims`, `reservations`, `forgotten`
//! and `audit_log`. Every decision is made under the lock of the gig's row, and in the same transaction the
//! movement of credits that it causes enters the outbox: so credits move once, whatever dies in between.
//! The one call that has to be made before its effect is known, the reservation of a reward, is repeated
//! under its own key by the [`Reconciler`] until its outcome is.

pub mod admin;
mod claim;
mod config;
mod deciding;
mod editing;
mod effect;
mod error;
mod gig;
mod logged;
mod personal_data;
mod posting;
mod reservation;
mod routes;
mod state;
mod store;
mod viewer;

use std::{sync::Arc, time::Duration};

use grove_client::Peers;
use grove_identity::{Verifier, caller::AnyCommittee};
use grove_outbox::retention;
use grove_service::{Service, Upkeep};
use grove_shared::{Clock, db};
use sqlx::migrate::Migrator;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use crate::{
    config::{Config, MailConfig},
    reservation::Reconciler,
    state::AppState,
};
use crate::{
    routes::{claims, gigs},
    state::LATEST,
    store::personal,
};
pub use grove_gigs_api::SERVICE;

/// The schema that this service owns.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/gigs");

/// The service as it is configured.
///
/// # Errors
/// When the configuration is incomplete.
pub fn service(config: &Config) -> anyhow::Result<Service> {
    let peers = [grove_credits_api::SERVICE, grove_notifications_api::SERVICE];
    Ok(assemble(AppState {
        db: db::connect(&config.service.db)?,
        verifier: Verifier::from_config(&config.service.identity, SERVICE.name)?,
        clock: Clock::system(),
        peers: Peers::from_config(&config.service, SERVICE, &peers)?,
        mails: Arc::new(config.mails.clone()),
    }))
}

/// The service made of its parts.
pub fn assemble(state: AppState) -> Service {
    let (db, worker, upkeep) = (state.db.clone(), state.worker(), upkeep(&state));
    Service::new(SERVICE, routes(state))
        .schema(&db, &MIGRATOR)
        .task("outbox", move |stop| worker.clone().run(stop))
        .upkeep(upkeep)
}

fn upkeep(state: &AppState) -> Upkeep {
    const HOUR: Duration = Duration::from_hours(1);
    let (keys, effects, forgotten) = (state.clone(), state.clone(), state.clone());
    let reconciler = state.reconciler();
    Upkeep::new()
        .every(Duration::from_millis(500), "reservations", move || {
            let reconciler = reconciler.clone();
            async move { reconciler.settle_due().await }
        })
        .every(HOUR, "idempotency keys", move || {
            let AppState { db, clock, .. } = keys.clone();
            async move { retention::forget_keys(&db, clock.now()).await }
        })
        .every(HOUR, "delivered effects", move || {
            let AppState { db, clock, .. } = effects.clone();
            async move { retention::purge_delivered(&db, clock.now()).await }
        })
        .every(Duration::from_mins(1), "forgotten people", move || {
            let AppState { db, clock, .. } = forgotten.clone();
            async move { personal::clear_forgotten(&db, clock.now() - LATEST).await }
        })
}

fn routes(state: AppState) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(gigs::list, gigs::create))
        .routes(routes!(gigs::show, gigs::update, gigs::delete))
        .routes(routes!(claims::list, claims::create))
        .routes(routes!(claims::show, claims::accept, claims::delete))
        .merge(grove_outbox::routes::<AppState, AnyCommittee>(SERVICE.name))
        .merge(grove_audit::routes(SERVICE.name))
        .merge(grove_personal_data::routes())
        .with_state(state)
}

//! Who joined the chapter, who is a member, and from when to when.
//!
//! People ask to join, prove their mail address, and pay their dues; an officer confirms the payment,
//! which makes them members for a dated term. The service owns the tables `users`, `memberships`, `deletions`,
//! `deletion_steps`, `join_limits` and `audit_log`. It has every service tell what it keeps of a person, and
//! forget who is deleted.
//! Passwords and sessions belong to auth, which it asks when someone signs in. Everything else that
//! happens elsewhere (accounts, mails, the campus directory) goes through its outbox, so that joining
//! and approving work while the other services are away.

pub mod admin;
mod application;
mod config;
mod deletion;
mod download;
mod effect;
mod error;
mod forgetting;
pub mod import;
mod internal;
mod membership;
mod personal_data;
mod routes;
mod services;
mod session;
mod state;
mod store;
mod term;
mod user;

use std::{sync::Arc, time::Duration};

use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use grove_client::Peers;
use grove_identity::{Verifier, caller::AdminOrTop4};
use grove_outbox::{Worker, retention};
use grove_service::{Service, Upkeep};
use grove_shared::{Clock, db};
use sqlx::{MySqlPool, migrate::Migrator};
use utoipa_axum::{router::OpenApiRouter, routes};

pub use crate::{
    application::end_unverified,
    config::{Chapter, Config, JoinLimit},
    deletion::{end_confirmed as end_deletions, follow_up as follow_up_deletions},
    membership::end_expired,
    state::AppState,
};
pub use grove_users_api::SERVICE;

/// The schema that this service owns.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/users");

/// How soon after midnight a membership that ended leaves the directory, at the latest.
const UPKEEP_INTERVAL: Duration = Duration::from_hours(1);
/// How soon a deletion ends that every service has confirmed, at the latest.
const DELETIONS_INTERVAL: Duration = Duration::from_secs(5);

/// The service as it is configured.
///
/// # Errors
/// When the configuration is incomplete.
pub fn service(config: &Config) -> anyhow::Result<Service> {
    let calls: Vec<_> = services::others().map(|keeper| keeper.service).collect();
    Ok(assemble(AppState {
        db: db::connect(&config.service.db)?,
        verifier: Verifier::from_config(&config.service.identity, SERVICE.name)?,
        clock: Clock::system(),
        peers: Peers::from_config(&config.service, SERVICE, &calls)?,
        chapter: Arc::new(config.chapter.clone()),
        join_limit: config.join_limit,
    }))
}

/// The service made of its parts.
pub fn assemble(state: AppState) -> Service {
    let AppState { db, clock, peers, chapter, .. } = state.clone();
    let worker = Worker { db: db.clone(), peers, clock: clock.clone() };
    Service::new(SERVICE, routes(state))
        .schema(&db, &MIGRATOR)
        .task("outbox", move |stop| worker.clone().run(stop))
        .upkeep(upkeep(&db, &clock, &chapter))
}

fn routes(state: AppState) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(routes::list, routes::join))
        .routes(routes!(routes::counts))
        .routes(routes!(routes::deletions))
        .routes(routes!(session::login))
        .routes(routes!(session::logout))
        .routes(routes!(routes::show_own, routes::update_own))
        .routes(routes!(download::my_data))
        .routes(routes!(routes::show, routes::delete))
        .routes(routes!(routes::is_member))
        .routes(routes!(routes::pay))
        .route("/internal/members", get(internal::members))
        .route("/internal/memberships", post(internal::admit))
        .route("/internal/people/{netid}", get(internal::person))
        .route("/internal/standing", post(internal::standing))
        .route("/internal/users/verified", post(internal::verify))
        .merge(grove_audit::routes(SERVICE.name))
        .merge(grove_outbox::routes::<AppState, AdminOrTop4>(SERVICE.name))
        .merge(grove_personal_data::routes())
        .with_state(state)
}

fn upkeep(db: &MySqlPool, clock: &Clock, chapter: &Arc<Chapter>) -> Upkeep {
    let (time, chapter) = (chapter.time, Arc::clone(chapter));
    Upkeep::new()
        .every(
            UPKEEP_INTERVAL,
            "memberships",
            job(db, clock, move |db, now| async move { end_expired(&db, time, now).await }),
        )
        .every(
            UPKEEP_INTERVAL,
            "applicants",
            job(db, clock, |db, now| async move { end_unverified(&db, now).await }),
        )
        .every(
            DELETIONS_INTERVAL,
            "deletions",
            job(db, clock, move |db, now| {
                let chapter = Arc::clone(&chapter);
                async move { end_deletions(&db, &chapter, now).await }
            }),
        )
        .every(
            UPKEEP_INTERVAL,
            "what deletions gave up",
            job(db, clock, |db, now| async move { follow_up_deletions(&db, now).await }),
        )
        .every(
            UPKEEP_INTERVAL,
            "the outbox",
            job(db, clock, |db, now| async move {
                store::note_delivered(&db).await?;
                retention::purge_delivered(&db, now).await
            }),
        )
        .every(
            UPKEEP_INTERVAL,
            "idempotency keys",
            job(db, clock, |db, now| async move { retention::forget_keys(&db, now).await }),
        )
}

/// A job that works on the database and knows the time.
fn job<F>(
    db: &MySqlPool,
    clock: &Clock,
    work: impl Fn(MySqlPool, DateTime<Utc>) -> F + Send + Sync + 'static,
) -> impl Fn() -> F + Send + Sync + 'static {
    let (db, clock) = (db.clone(), clock.clone());
    move || work(db.clone(), clock.now())
}

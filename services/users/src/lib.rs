//! Who joined the chapter, who is a member, and from when to when.
//!
//! People ask to join, prove their mail address, and pay their dues; an officer confirms the payment,
//! which makes them members for a dated term. The service owns the tables `users`, `memberships` and
//! `deletions`.
//! Passwords and sessions belong to auth, which it asks when someone signs in. Everything else that
//! happens elsewhere (accounts, mails, the campus directory) goes through its outbox, so that joining
//! and approving work while the other services are away.

pub mod admin;
mod application;
mod config;
mod deletion;
mod effect;
mod error;
pub mod import;
mod internal;
mod membership;
mod routes;
mod session;
mod state;
mod store;
mod term;
mod user;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    routing::{get, post, put},
};
use chrono::{DateTime, Utc};
use grove_client::Peers;
use grove_identity::{Verifier, caller::AdminOrTop4};
use grove_outbox::{Worker, retention};
use grove_service::{Service, Upkeep};
use grove_shared::{Clock, config::ChapterTime, db};
use sqlx::{MySqlPool, migrate::Migrator};

pub use crate::{
    application::end_unverified,
    config::{Chapter, Config, JoinLimit},
    deletion::follow_up as follow_up_deletions,
    membership::end_expired,
    state::AppState,
};
pub use grove_users_api::SERVICE;

/// The schema that this service owns.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/users");

/// How soon after midnight a membership that ended leaves the directory, at the latest.
const UPKEEP_INTERVAL: Duration = Duration::from_hours(1);

/// The service as it is configured.
///
/// # Errors
/// When the configuration is incomplete.
pub fn service(config: &Config) -> anyhow::Result<Service> {
    let calls = [
        grove_auth_api::SERVICE,
        grove_credits_api::SERVICE,
        grove_directory_api::SERVICE,
        grove_groups_api::SERVICE,
        grove_notifications_api::SERVICE,
    ];
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
        .upkeep(upkeep(&db, &clock, chapter.time))
}

fn routes(state: AppState) -> Router {
    Router::new()
        .route("/users", get(routes::list).post(routes::join))
        .route("/users/counts", get(routes::counts))
        .route("/users/login", post(session::login))
        .route("/users/logout", post(session::logout))
        .route("/users/me", get(routes::show_own).put(routes::update_own))
        .route("/users/{netid}", get(routes::show).delete(routes::delete))
        .route("/users/{netid}/is_member", get(routes::is_member))
        .route("/users/{netid}/paid", put(routes::pay))
        .route("/internal/members", get(internal::members))
        .route("/internal/memberships", post(internal::admit))
        .route("/internal/people/{netid}", get(internal::person))
        .route("/internal/standing", post(internal::standing))
        .route("/internal/users/verified", post(internal::verify))
        .merge(grove_outbox::routes::<AppState, AdminOrTop4>(SERVICE.name))
        .with_state(state)
}

fn upkeep(db: &MySqlPool, clock: &Clock, time: ChapterTime) -> Upkeep {
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
            UPKEEP_INTERVAL,
            "deletions",
            job(db, clock, |db, now| async move { deletion::follow_up(&db, now).await }),
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

//! SIGs and committees, and who holds which role in them.
//!
//! A person has at most one current *place* in a group: as a member, a lead, the holder of an office,
//! or several of these. A place that ends stays in the group's history with its dates. The current
//! members of the committees admin, top4 and corporate are the chapter's officers; the gateway asks
//! here who they are, and a lead's power over the own group is read here in the request it is used in.
//!
//! The service owns the tables `chapter_groups` and `group_roles` and calls no other service.

mod access;
pub mod admin;
mod config;
mod error;
mod group;
pub mod import;
mod membership;
mod place;
mod routes;
mod store;
mod text;

use std::sync::Arc;

use axum::{
    Router,
    extract::FromRef,
    routing::{delete, get, post},
};
use grove_shared::{Clock, db, identity::Verifier, server};
use sqlx::{MySqlPool, migrate::Migrator};
use tokio_util::sync::CancellationToken;

pub use crate::{
    config::Config,
    group::{Kind, UnknownKind},
};

/// The schema that this service owns.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/groups");

/// What the handlers share.
#[derive(Debug, Clone, FromRef)]
pub struct AppState {
    /// The service's schema.
    pub db: MySqlPool,
    /// Checks who calls.
    pub verifier: Verifier,
    /// Tells the time.
    pub clock: Clock,
    /// What follows the NetID and @ in the mail address of an office.
    pub mail_domain: Arc<str>,
}

/// Every route of the service.
pub fn router(state: AppState) -> Router {
    use routes::{groups, places};

    let readiness = db::readiness(&state.db);
    let routes = Router::new()
        .route("/groups", get(groups::kinds))
        .route("/groups/{type}", get(groups::list).post(groups::create))
        .route("/groups/{type}/{name}", get(groups::show).put(groups::update).delete(groups::end))
        .route("/groups/{type}/{name}/roles", get(places::list).post(places::create))
        .route("/groups/{type}/{name}/roles/{id}", delete(places::end))
        .route("/internal/groups/{type}/{name}/members", get(places::members))
        .route("/internal/roles", post(places::officer_roles))
        .with_state(state);
    server::with_standard_routes("groups", routes, readiness)
}

/// Runs the service until `stop` is cancelled.
///
/// # Errors
/// When the configuration is incomplete, a migration fails or the address is taken.
pub async fn run(config: Config, stop: CancellationToken) -> anyhow::Result<()> {
    let db = db::connect(&config.db)?;
    let verifier = config.identity.verifier("groups")?;
    db::migrate(&db, &MIGRATOR).await?;
    let listener = server::bind(config.listen).await?;
    let mail_domain = config.mail_domain.into();
    let state = AppState { db, verifier, clock: Clock::system(), mail_domain };
    server::serve(listener, router(state), stop).await;
    Ok(())
}

//! SIGs and committees, and who holds which role in them.
//!
//! A person has at most one current *place* in a group: as a member, a lead, the holder of an office,
//! or several of these. A place that ends stays in the group's history with its dates. The current
//! members of the committees admin, top4 and corporate are the chapter's officers; the gateway asks
//! here who they are, and a lead's power over the own group is read here in the request it is used in.
//!
//! The service owns the tables `chapter_groups`, `group_roles` and `audit_log`. It asks users who someone is
//! before they get a place, and users says who left the chapter.

mod access;
pub mod admin;
mod change;
mod config;
mod error;
mod group;
pub mod import;
mod kind;
mod look;
mod membership;
mod person;
mod personal_data;
mod place;
mod routes;
mod state;
mod store;
mod text;

use axum::{
    middleware,
    routing::{get, post},
};
use grove_client::Peers;
use grove_http::revalidate::revalidate;
use grove_identity::Verifier;
use grove_service::Service;
use grove_shared::{Clock, db};
use sqlx::migrate::Migrator;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use crate::{
    config::Config,
    kind::{Kind, UnknownKind},
    state::AppState,
};
pub use grove_groups_api::SERVICE;

/// The schema that this service owns.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/groups");

/// The service as it is configured.
///
/// # Errors
/// When the configuration is incomplete.
pub fn service(config: &Config) -> anyhow::Result<Service> {
    Ok(assemble(AppState {
        db: db::connect(&config.service.db)?,
        verifier: Verifier::from_config(&config.service.identity, SERVICE.name)?,
        clock: Clock::system(),
        peers: Peers::from_config(&config.service, SERVICE, &[grove_users_api::SERVICE])?,
        mail_domain: config.mail_domain.as_str().into(),
    }))
}

/// The service made of its parts.
pub fn assemble(state: AppState) -> Service {
    let db = state.db.clone();
    Service::new(SERVICE, routes(state)).schema(&db, &MIGRATOR)
}

fn routes(state: AppState) -> OpenApiRouter {
    use routes::{groups, places};
    OpenApiRouter::new()
        .routes(routes!(groups::kinds))
        .routes(routes!(groups::list, groups::create))
        .routes(routes!(groups::show, groups::update, groups::end))
        // Whoever reads these gets the same.
        .route_layer(middleware::from_fn(revalidate))
        .routes(routes!(places::list, places::create))
        .routes(routes!(places::end))
        .route("/internal/groups/{type}/{name}/members", get(places::members))
        .route("/internal/roles", post(places::officer_roles))
        .route("/internal/roles/end", post(places::end_all_of))
        .merge(grove_audit::routes(SERVICE.name))
        .merge(grove_personal_data::routes())
        .with_state(state)
}

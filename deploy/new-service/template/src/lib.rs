//! {{Name}}: what members add, and who sees it.
//!
//! Members add and read. The service owns the tables `{{name}}` and `audit_log` and calls no other.

mod config;
mod error;
mod {{one}};
mod personal_data;
mod routes;
mod store;

use axum::extract::FromRef;
use grove_identity::Verifier;
use grove_service::Service;
use grove_shared::{Clock, db};
use sqlx::{MySqlPool, migrate::Migrator};
use utoipa_axum::{router::OpenApiRouter, routes};

pub use crate::config::Config;
pub use grove_{{name}}_api::SERVICE;

/// The schema that this service owns.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/{{name}}");

/// What the handlers share.
#[derive(Debug, Clone, FromRef)]
pub struct AppState {
    /// The service's schema.
    pub db: MySqlPool,
    /// Checks who calls.
    pub verifier: Verifier,
    /// Tells the time.
    pub clock: Clock,
}

/// The service as it is configured.
///
/// # Errors
/// When the configuration is incomplete.
pub fn service(config: &Config) -> anyhow::Result<Service> {
    Ok(assemble(AppState {
        db: db::connect(&config.service.db)?,
        verifier: Verifier::from_config(&config.service.identity, SERVICE.name)?,
        clock: Clock::system(),
    }))
}

/// The service made of its parts.
pub fn assemble(state: AppState) -> Service {
    let db = state.db.clone();
    Service::new(SERVICE, routes(state)).schema(&db, &MIGRATOR)
}

fn routes(state: AppState) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(routes::list, routes::create))
        .routes(routes!(routes::delete))
        .merge(grove_audit::routes(SERVICE.name))
        .merge(grove_personal_data::routes())
        .with_state(state)
}

//! Members' entries in the chapter's group of the campus directory (LDAP, Active Directory).
//!
//! The service users says who becomes a member and who no longer is one; this service records it in
//! the table `entries` and changes the group. What was changed stands in `audit_log`. Daily it compares the group with the members and keeps a
//! report; what differs is mended when an officer says so, and nothing is removed that Grove did not
//! add.

mod campus;
mod change_request;
mod config;
mod drift;
mod entry;
mod error;
mod personal_data;
mod reconciliation;
mod routes;
mod state;
mod store;
mod upkeep;

use std::time::Duration;

use grove_client::Peers;
use grove_http::ApiError;
use grove_identity::Verifier;
use grove_service::{Service, Upkeep};
use grove_shared::{Clock, db};
use sqlx::migrate::Migrator;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use crate::{
    campus::Campus,
    config::{Config, DirectoryConfig},
    state::AppState,
};
pub use grove_directory_api::SERVICE;

/// The schema that this service owns.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/directory");

/// The service as it is configured.
///
/// # Errors
/// When the configuration is incomplete.
pub fn service(config: &Config) -> anyhow::Result<Service> {
    let campus = Campus::new(&config.directory)?;
    if campus.is_none() {
        tracing::warn!("no directory is configured: changes are recorded and wait");
    }
    Ok(assemble(AppState {
        db: db::connect(&config.service.db)?,
        verifier: Verifier::from_config(&config.service.identity, SERVICE.name)?,
        clock: Clock::system(),
        time: config.time,
        peers: Peers::from_config(&config.service, SERVICE, &[grove_users_api::SERVICE])?,
        campus,
    }))
}

/// The service made of its parts.
pub fn assemble(state: AppState) -> Service {
    let (db, kept) = (state.db.clone(), state.clone());
    let upkeep = Upkeep::new().every(Duration::from_mins(1), "directory", move || {
        let state = kept.clone();
        async move { upkeep::round(&state).await }
    });
    Service::new(SERVICE, routes(state)).schema(&db, &MIGRATOR).upkeep(upkeep)
}

fn routes(state: AppState) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(routes::add))
        .routes(routes!(routes::remove))
        .routes(routes!(routes::status))
        .routes(routes!(routes::report))
        .routes(routes!(routes::reconcile))
        .routes(routes!(routes::repair))
        .merge(grove_audit::routes(SERVICE.name))
        .merge(grove_personal_data::routes())
        .with_state(state)
}

/// Does once what the service does by itself every minute: makes changes that wait, and the day's report
/// if nobody did.
///
/// # Errors
/// When the directory, users or the database does not answer; the next call goes on.
pub async fn look_after(state: &AppState) -> Result<(), ApiError> {
    Ok(upkeep::look_after(state).await?)
}

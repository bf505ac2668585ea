//! Quotes members overheard, and the votes for them.
//!
//! Members post quotes, vote, and ask for the removal of what they said themselves; officers approve
//! and delete. The service owns the tables `quotes` and `votes` and calls no other.

pub mod admin;
mod config;
mod error;
pub mod import;
mod quote;
mod routes;
mod store;

use axum::{
    Router,
    extract::FromRef,
    routing::{get, post, put},
};
use grove_identity::Verifier;
use grove_service::Service;
use grove_shared::{Clock, db};
use sqlx::{MySqlPool, migrate::Migrator};

pub use crate::config::Config;
pub use grove_quotes_api::SERVICE;

/// The schema that this service owns.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/quotes");

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

fn routes(state: AppState) -> Router {
    Router::new()
        .route("/quotes", get(routes::list).post(routes::create))
        .route("/quotes/{id}", get(routes::show).delete(routes::delete))
        .route("/quotes/{id}/approve", put(routes::approve))
        .route("/quotes/{id}/takedown", post(routes::take_down))
        .route("/quotes/{id}/vote", post(routes::vote).delete(routes::unvote))
        .with_state(state)
}

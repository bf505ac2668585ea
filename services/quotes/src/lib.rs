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
use grove_shared::{Clock, db, identity::Verifier, server};
use sqlx::{MySqlPool, migrate::Migrator};
use tokio_util::sync::CancellationToken;

pub use crate::config::Config;

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

/// Every route of the service.
pub fn router(state: AppState) -> Router {
    let readiness = db::readiness(&state.db);
    let routes = Router::new()
        .route("/quotes", get(routes::list).post(routes::create))
        .route("/quotes/{id}", get(routes::show).delete(routes::delete))
        .route("/quotes/{id}/approve", put(routes::approve))
        .route("/quotes/{id}/takedown", post(routes::take_down))
        .route("/quotes/{id}/vote", post(routes::vote).delete(routes::unvote))
        .with_state(state);
    server::with_standard_routes("quotes", routes, readiness)
}

/// Runs the service until `stop` is cancelled.
///
/// # Errors
/// When the configuration is incomplete, a migration fails or the address is taken.
pub async fn run(config: Config, stop: CancellationToken) -> anyhow::Result<()> {
    let db = db::connect(&config.db)?;
    let verifier = config.identity.verifier("quotes")?;
    db::migrate(&db, &MIGRATOR).await?;
    let listener = server::bind(config.listen).await?;
    let state = AppState { db, verifier, clock: Clock::system() };
    server::serve(listener, router(state), stop).await;
    Ok(())
}

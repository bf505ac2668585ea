//! {{Name}}: what members add, and who sees it.
//!
//! Members add and read. The service owns the table `{{name}}` and calls no other.

mod config;
mod error;
mod {{one}};
mod routes;
mod store;

use axum::{Router, extract::FromRef, routing::get};
use grove_shared::{Clock, db, identity::Verifier, server};
use sqlx::{MySqlPool, migrate::Migrator};
use tokio_util::sync::CancellationToken;

pub use crate::config::Config;

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

/// Every route of the service.
pub fn router(state: AppState) -> Router {
    let readiness = db::readiness(&state.db);
    let routes = Router::new()
        .route("/{{name}}", get(routes::list).post(routes::create))
        .with_state(state);
    server::with_standard_routes("{{name}}", routes, readiness)
}

/// Runs the service until `stop` is cancelled.
///
/// # Errors
/// When the configuration is incomplete, a migration fails or the address is taken.
pub async fn run(config: Config, stop: CancellationToken) -> anyhow::Result<()> {
    let db = db::connect(&config.db)?;
    let verifier = config.identity.verifier("{{name}}")?;
    db::migrate(&db, &MIGRATOR).await?;
    let listener = server::bind(config.listen).await?;
    let state = AppState { db, verifier, clock: Clock::system() };
    server::serve(listener, router(state), stop).await;
    Ok(())
}

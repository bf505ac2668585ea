//! Gigs: small jobs that members offer each other for credits.

mod config;

use axum::{Router, extract::FromRef};
use grove_shared::{Clock, db, identity::Verifier, peer::Peers, server};
use sqlx::{MySqlPool, migrate::Migrator};
use tokio_util::sync::CancellationToken;

pub use crate::config::Config;

/// The schema that this service owns.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/gigs");

/// What the handlers share.
#[derive(Debug, Clone, FromRef)]
pub struct AppState {
    /// The service's schema.
    pub db: MySqlPool,
    /// Checks who calls.
    pub verifier: Verifier,
    /// Tells the time.
    pub clock: Clock,
    /// The services that this one calls.
    pub peers: Peers,
}

/// Every route of the service.
pub fn router(state: AppState) -> Router {
    let readiness = db::readiness(&state.db);
    let routes = Router::new().with_state(state);
    server::with_standard_routes("gigs", routes, readiness)
}

/// Runs the service until `stop` is cancelled.
///
/// # Errors
/// When the configuration is incomplete, a migration fails or the address is taken.
pub async fn run(config: Config, stop: CancellationToken) -> anyhow::Result<()> {
    let db = db::connect(&config.db)?;
    let verifier = config.identity.verifier("gigs")?;
    let peers = Peers::new(config.identity.signing_key("gigs")?, config.peers)?;
    db::migrate(&db, &MIGRATOR).await?;
    let listener = server::bind(config.listen).await?;
    let state = AppState { db, verifier, clock: Clock::system(), peers };
    server::serve(listener, router(state), stop).await;
    Ok(())
}

//! Members' entries in the chapter's group of the campus directory (LDAP, Active Directory).
//!
//! The service users says who becomes a member and who no longer is one; this service records it in
//! the table `entries` and changes the group. Daily it compares the group with the members and keeps a
//! report; what differs is mended when an officer says so, and nothing is removed that Grove did not
//! add.

mod campus;
mod config;
mod drift;
mod entry;
mod error;
mod reconciliation;
mod routes;
mod store;
mod upkeep;

use std::time::Duration;

use axum::{
    Router,
    extract::FromRef,
    routing::{get, post},
};
use grove_shared::{ApiError, Clock, db, identity::Verifier, peer::Peers, server};
use sqlx::{MySqlPool, migrate::Migrator};
use tokio_util::sync::CancellationToken;

pub use crate::{
    campus::Campus,
    config::{Config, DirectoryConfig},
};

/// The schema that this service owns.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/directory");

/// How long a stop waits for what is under way. What is cut off is done by the next start.
const LAST_ROUND: Duration = Duration::from_secs(1);

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
    /// The campus directory; without it wishes are recorded and nothing is changed.
    pub campus: Option<Campus>,
}

/// Every route of the service.
pub fn router(state: AppState) -> Router {
    let readiness = db::readiness(&state.db);
    let routes = Router::new()
        .route("/activedirectory/add", post(routes::add))
        .route("/activedirectory/remove", post(routes::remove))
        .route("/directory/status", get(routes::status))
        .route("/directory/report", get(routes::report))
        .route("/directory/reconcile", post(routes::reconcile))
        .route("/directory/repair", post(routes::repair))
        .with_state(state);
    server::with_standard_routes("directory", routes, readiness)
}

/// Does once what the service does by itself every minute: carries out wishes that wait, and makes the
/// day's report if nobody did.
///
/// # Errors
/// When the directory, users or the database does not answer; the next call goes on.
pub async fn look_after(state: &AppState) -> Result<(), ApiError> {
    Ok(upkeep::look_after(state).await?)
}

/// Runs the service until `stop` is cancelled.
///
/// # Errors
/// When the configuration is incomplete, a migration fails or the address is taken.
pub async fn run(config: Config, stop: CancellationToken) -> anyhow::Result<()> {
    let db = db::connect(&config.db)?;
    let verifier = config.identity.verifier("directory")?;
    let peers = Peers::new(config.identity.signing_key("directory")?, config.peers)?;
    let campus = Campus::new(&config.directory)?;
    if campus.is_none() {
        tracing::warn!("no directory is configured: wishes are recorded and nothing is changed");
    }
    db::migrate(&db, &MIGRATOR).await?;
    let listener = server::bind(config.listen).await?;
    let state = AppState { db, verifier, clock: Clock::system(), peers, campus };
    let upkeep = tokio::spawn(upkeep::run(state.clone(), stop.clone()));
    server::serve(listener, router(state), stop).await;
    let _ = tokio::time::timeout(LAST_ROUND, upkeep).await;
    Ok(())
}

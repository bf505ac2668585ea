//! Gigs: small jobs that members offer each other for credits.
//!
//! Posting a gig moves its reward into the escrow account of credits; accepting a claim pays it out,
//! closing the gig gives it back. The service owns the tables `gigs`, `claims` and `reservations`. Every
//! decision is made under the lock of the gig's row, and in the same transaction the movement of
//! credits that it causes enters the outbox: so credits move once, whatever dies in between. The one
//! call that has to be made before its effect is known, the reservation of a reward, is repeated under
//! its own key by the [`Reconciler`] until its outcome is.

pub mod admin;
mod claim;
mod config;
mod editing;
mod effect;
mod error;
mod gig;
mod lenient;
mod posting;
mod reservation;
mod routes;
mod store;
mod viewer;

use std::{sync::Arc, time::Duration};

use axum::{Router, extract::FromRef, routing::get};
use grove_shared::{Clock, db, identity::Verifier, outbox, outbox::Worker, peer::Peers, server};
use sqlx::{MySqlPool, migrate::Migrator};
use tokio_util::sync::CancellationToken;

use crate::routes::{claims, gigs};
pub use crate::{
    config::{Config, MailConfig},
    reservation::Reconciler,
};

/// The schema that this service owns.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/gigs");

/// How long a stop waits for the calls that are under way. One that is cut off comes again, with the
/// same idempotency key.
const LAST_CALLS: Duration = Duration::from_secs(1);

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
    /// Where mails go.
    pub mails: Arc<MailConfig>,
}

impl AppState {
    /// Finds out what became of reservations.
    pub fn reconciler(&self) -> Reconciler {
        let Self { db, peers, clock, .. } = self.clone();
        Reconciler { db, peers, clock }
    }
}

/// Every route of the service.
pub fn router(state: AppState) -> Router {
    let readiness = db::readiness(&state.db);
    let routes = Router::new()
        .route("/gigs", get(gigs::list).post(gigs::create))
        .route("/gigs/{id}", get(gigs::show).put(gigs::update).delete(gigs::delete))
        .route("/gigs/claims", get(claims::list).post(claims::create))
        .route("/gigs/claims/{id}", get(claims::show).put(claims::accept).delete(claims::delete))
        .merge(outbox::routes("gigs"))
        .with_state(state);
    server::with_standard_routes("gigs", routes, readiness)
}

/// Runs the service, delivers its effects and settles its reservations until `stop` is cancelled.
///
/// # Errors
/// When the configuration is incomplete, a migration fails or the address is taken.
pub async fn run(config: Config, stop: CancellationToken) -> anyhow::Result<()> {
    let db = db::connect(&config.db)?;
    let verifier = config.identity.verifier("gigs")?;
    let peers = Peers::new(config.identity.signing_key("gigs")?, config.peers)?;
    db::migrate(&db, &MIGRATOR).await?;
    let listener = server::bind(config.listen).await?;
    let clock = Clock::system();
    let worker = Worker { db: db.clone(), peers: peers.clone(), clock: clock.clone() };
    let worker = tokio::spawn(worker.run(stop.clone()));
    let state = AppState { db, verifier, clock, peers, mails: Arc::new(config.mails) };
    let reconciler = tokio::spawn(state.reconciler().run(stop.clone()));
    server::serve(listener, router(state), stop).await;
    let last_calls = async { tokio::join!(worker, reconciler) };
    let _ = tokio::time::timeout(LAST_CALLS, last_calls).await;
    Ok(())
}

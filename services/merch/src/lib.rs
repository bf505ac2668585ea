//! Merch: what the vending machine sells, and the purchases.
//!
//! Officers say what lies in which slot; members buy with a PIN at a kiosk or signed in on the website.
//! A purchase is a [`saga`] that the machine and the credits service take part in, so that nobody pays
//! for what did not fall out, whatever fails. The service owns the stock, the PINs and the purchases;
//! balances belong to credits, memberships to users.

pub mod admin;
mod checkout;
mod config;
mod credits;
mod error;
mod form;
mod item;
mod kiosk;
mod machine;
mod member;
mod pin;
mod purchase;
mod restock;
mod routes;
mod saga;
mod slot;
mod store;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::FromRef,
    routing::{get, post},
};
use grove_shared::{Clock, db, identity::Verifier, outbox, peer::Peers, server};
use sqlx::{MySqlPool, migrate::Migrator};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::routes::{items, locations, people, purchases, transactions};
pub use crate::{
    config::{Config, MachineConfig, PinConfig, Restock},
    machine::Machine,
    pin::PinKey,
    saga::Worker,
};

/// The schema that this service owns.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/merch");

/// How long a stop waits for the steps that are under way. What is cut off goes on after the next start.
const LAST_STEP: Duration = Duration::from_secs(1);

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
    /// The machine that vends; without it nothing is sold.
    pub machine: Option<Machine>,
    /// The key that PINs are hashed with; without it there are none.
    pub pin_key: Option<PinKey>,
    /// Rings when a purchase begins, for the [`Worker`] to hear.
    pub bell: Arc<Notify>,
}

/// Every route of the service.
pub fn router(state: AppState) -> Router {
    let readiness = db::readiness(&state.db);
    let routes = Router::new()
        .route("/merch/locations", get(locations::list))
        .route("/merch/locations/{location}", get(locations::show).put(locations::clear))
        .route("/merch/users", get(people::list))
        .route("/merch/users/pins", post(people::find_by_pin))
        .route("/merch/users/{netid}", get(people::show))
        .route("/merch/users/{netid}/pin", post(people::make_pin))
        .route("/merch/transactions", post(transactions::create))
        .route("/merch/items", get(items::list).post(items::create))
        .route("/merch/items/available", get(items::list_available))
        .route("/merch/items/{id}", get(items::show).put(items::update).delete(items::delete))
        .route("/merch/purchases", get(purchases::list).post(purchases::create))
        .route("/merch/purchases/{id}", get(purchases::show))
        .route("/merch/purchases/{id}/items/{number}/resolve", post(purchases::resolve))
        .route("/merch/sales", get(purchases::sales))
        .merge(outbox::routes("merch"))
        .with_state(state);
    server::with_standard_routes("merch", routes, readiness)
}

/// Runs the service, its purchases and its effects until `stop` is cancelled.
///
/// # Errors
/// When the configuration is incomplete, a migration fails or the address is taken.
pub async fn run(config: Config, stop: CancellationToken) -> anyhow::Result<()> {
    let db = db::connect(&config.db)?;
    let verifier = config.identity.verifier("merch")?;
    let peers = Peers::new(config.identity.signing_key("merch")?, config.peers)?;
    let (machine, pin_key) = (config.machine.machine()?, config.pins.key()?);
    db::migrate(&db, &MIGRATOR).await?;
    let listener = server::bind(config.listen).await?;
    let (clock, bell) = (Clock::system(), Arc::<Notify>::default());

    let effects = outbox::Worker { db: db.clone(), peers: peers.clone(), clock: clock.clone() };
    let effects = tokio::spawn(effects.run(stop.clone()));
    let worker = Worker {
        db: db.clone(),
        peers: peers.clone(),
        machine: machine.clone(),
        clock: clock.clone(),
        restock: Arc::new(config.restock),
        bell: bell.clone(),
    };
    // Requests that are answered during a stop wait for their purchases, so this goes on until then.
    let served = CancellationToken::new();
    let worker = tokio::spawn(worker.run(served.clone()));

    let state = AppState { db, verifier, clock, peers, machine, pin_key, bell };
    server::serve(listener, router(state), stop).await;
    served.cancel();
    let _ = tokio::time::timeout(LAST_STEP, async { tokio::join!(effects, worker) }).await;
    Ok(())
}

//! A vending machine that exists in memory only, and fails on demand.
//!
//! It speaks the protocol of `docs/vending-machine.md`, so that merch can be sold without a machine at
//! hand: in the demo and in tests. `POST /faults` makes it fail as machines do, `GET /drops` tells what
//! fell out of it.

mod config;
mod fault;
mod machine;
mod routes;

use axum::{
    Router,
    routing::{get, post, put},
};
use grove_http::{Readiness, server, with_standard_routes};
use tokio_util::sync::CancellationToken;

pub use crate::{
    config::Config,
    fault::{Fault, FaultKind},
    machine::{Drop, Machine},
};

/// Every route of the machine.
pub fn router(machine: Machine) -> Router {
    let mut routes = Router::new()
        .route("/vend", post(routes::vend))
        .route("/drops", get(routes::drops))
        .route("/faults", post(routes::fail).delete(routes::mend))
        .route("/slots", get(routes::slots))
        .route("/slots/{slot}", put(routes::fill));
    if !machine.is_old() {
        routes = routes.route("/vend/{key}", get(routes::verdict));
    }
    with_standard_routes("vending-machine", routes.with_state(machine), Readiness::always())
}

/// Runs the machine until `stop` is cancelled.
///
/// # Errors
/// When it has no token or the address is taken.
pub async fn run(config: Config, stop: CancellationToken) -> anyhow::Result<()> {
    let machine = Machine::new(&config)?;
    let listener = server::bind(config.listen).await?;
    server::serve(listener, router(machine), stop).await;
    Ok(())
}

//! Runs a service: listens, waits for its schema, supervises its tasks, says whether it is ready, and ends.
//!
//! ```ignore
//! // lib.rs
//! pub fn service(config: &Config) -> anyhow::Result<Service> {
//!     let db = db::connect(&config.service.db)?;
//!     Ok(Service::new(SERVICE, routes(AppState { db: db.clone(), ... })).schema(&db, &MIGRATOR))
//! }
//!
//! // main.rs
//! fn main() -> anyhow::Result<()> {
//!     grove_service::main(grove_shelves::SERVICE, grove_shelves::service)
//! }
//! ```

mod openapi;
mod program;
#[cfg(feature = "db")]
mod readiness;
mod routes;
mod service;
mod supervisor;
mod upkeep;

pub use openapi::describe;
pub use program::{main, run};
#[cfg(feature = "db")]
pub use readiness::readiness;
pub use routes::{metrics_routes, with_standard_routes};
pub use service::Service;
pub use supervisor::{Health, Supervisor};
pub use upkeep::Upkeep;

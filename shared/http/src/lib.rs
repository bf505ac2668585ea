//! HTTP as every program of Grove speaks it.
//!
//! The [`server`] reads requests strictly and ends in time; [`routes`] adds health to a router; extractors
//! and errors answer with problem details. Who calls is the matter of `grove-identity`.

mod connection;
mod connections;
pub mod error;
pub mod extract;
pub mod forwarded;
mod framing;
mod head;
pub mod health;
pub mod host;
pub mod listen;
pub mod observe;
pub mod openapi;
pub mod page;
mod received_body;
pub mod revalidate;
pub mod routes;
pub mod server;
pub mod signals;
pub mod socket;
mod strict;

pub use error::ApiError;
pub use routes::{Readiness, with_standard_routes};
pub use signals::stop_on_signal;

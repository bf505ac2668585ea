//! The vocabulary of Grove's services.
//!
//! What is here is needed by several crates and names none of them: configuration sections, identity
//! and its extractors, errors, the HTTP server, the database pool, the outbox, the client for calls
//! between services, telemetry, and the test kit. There is no framework to plug into: a service is an
//! axum router that uses these types.

pub mod api;
pub mod caller;
pub mod clock;
pub mod config;
mod contact;
#[cfg(feature = "db")]
pub mod db;
pub mod error;
pub mod extract;
pub mod forwarded;
mod framing;
mod head;
pub mod health;
#[cfg(feature = "db")]
pub mod idempotency;
pub mod identity;
#[cfg(feature = "db")]
pub mod import;
mod listen;
pub mod netid;
pub mod observe;
#[cfg(feature = "db")]
pub mod outbox;
pub mod outside;
pub mod peer;
mod process;
pub mod reload;
pub mod request;
pub mod role;
pub mod server;
mod strict;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
pub mod token;
pub mod traces;

pub use clock::Clock;
pub use error::ApiError;
pub use netid::NetId;
pub use role::Role;

//! Configuration and database types, and the vocabulary that everything in Grove uses: ids, roles, the
//! clock, and calls.
//!
//! What is here is needed by several crates and names none of them. A program that wants more takes one
//! of the crates beside it: `grove-http`, `grove-identity`, `grove-client`, `grove-outbox`,
//! `grove-service`, `grove-telemetry`, `grove-testing`. There is no framework to plug into: a service is
//! an axum router that uses these types.

pub mod audit;
pub mod call;
#[cfg(feature = "time-zone")]
mod chapter_time;
pub mod clock;
pub mod config;
#[cfg(feature = "db")]
pub mod db;
pub mod effects;
pub mod envelope;
pub mod import;
pub mod lenient;
pub mod netid;
pub mod page;
pub mod personal_data;
pub mod reload;
pub mod role;
pub mod standing;
pub mod text;
pub mod token;

pub use call::{Call, CallError, Client, FieldError, Service};
pub use clock::Clock;
pub use netid::NetId;
pub use role::Role;
pub use standing::Standing;

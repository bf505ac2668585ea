//! Who did what: a log of the changes that officers make for others, and services by themselves.
//!
//! [`record`] writes a change into the table `audit_log` in the transaction that makes it, so that neither is
//! there without the other. The service's account may add rows to the table and read them, nothing else
//! (`append_only` in `service.toml`). [`routes()`] shows the log to officers, and to each person what was
//! done to themselves.
//!
//! Nothing takes a row away again, so a change names people by their NetID alone: no names, no addresses,
//! no text that somebody wrote.
//!
//! The NetID of someone who was forgotten stays in the log, for officers; whoever comes under it later sees only
//! what was done since ([`forget`]).
//!
//! The table is the same in each schema, so the queries here are checked by the tests of the services rather
//! than at compile time (ADR 4).

mod change;
mod log;
mod routes;

pub use change::{Actor, Change};
pub use log::{forget, mentioning, record};
pub use routes::routes;

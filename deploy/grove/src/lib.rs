//! The `grove` program: runs a chapter natively, and does what the people who run one need.
//!
//! It alone knows every service. [`Chapter`] is the whole in one process, which the end-to-end tests
//! use too; `commands` has a module for each command.

pub mod chapter;
pub mod commands;
pub mod demo;
pub mod ports;
mod process;
mod programs;
mod separate;

/// The schemas of all services on one server: making them, migrating them, opening them.
pub mod schema {
    pub use grove_setup::{DatabaseServer, OWNERS, Owner};
}

pub use chapter::{Chapter, Options};

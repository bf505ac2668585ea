//! The whole chapter: real services behind the real gateway, over HTTP, in a browser, by the program.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod architecture;
mod audit;
mod browser;
mod containers;
mod directory;
mod gigs;
mod identity;
mod journey;
mod matrix;
mod merch;
mod messages;
mod modules;
mod observability;
mod openapi;
mod outage;
mod personal_data;
mod program;
mod services;
mod setup;
mod shapes;
mod traces;
mod world;

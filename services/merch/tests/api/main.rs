//! The merch service through its router, with a simulated machine and a ledger in the place of credits.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod accountability;
mod cancel;
mod crash;
mod forgetting;
mod items;
mod kiosk;
mod ledger;
mod model;
mod pins;
mod program;
mod purchases;
mod restock;
mod saga;
mod world;

use crate::world::World;

//! Wire types that more than one crate reads: plain structs, no logic.

pub mod accounts;
pub mod credits;
pub mod envelope;
pub mod gigs;
pub mod groups;
pub mod merch;
pub mod notifications;
pub mod outbox;
pub mod quotes;
pub mod status;
pub mod users;

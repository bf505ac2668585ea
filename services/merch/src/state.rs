//! What the service is made of.

use std::sync::Arc;

use axum::extract::FromRef;
use grove_client::Peers;
use grove_identity::Verifier;
use grove_shared::{Clock, config::ChapterTime};
use sqlx::MySqlPool;
use tokio::sync::Notify;

use crate::{config::Restock, machine::Machine, pin::PinKey, saga::Worker};

/// What the handlers share.
#[derive(Debug, Clone, FromRef)]
pub struct AppState {
    /// The service's schema.
    pub db: MySqlPool,
    /// Checks who calls.
    pub verifier: Verifier,
    /// Tells the time.
    pub clock: Clock,
    /// When the chapter's days begin.
    pub time: ChapterTime,
    /// The services that this one calls.
    pub peers: Peers,
    /// The machine that vends; without it nothing is sold.
    pub machine: Option<Machine>,
    /// The key that PINs are hashed with; without it there are none.
    pub pin_key: Option<PinKey>,
    /// Who is told that something runs out.
    pub restock: Arc<Restock>,
    /// Rings when a purchase begins, for the [`Worker`] to hear.
    pub bell: Arc<Notify>,
}

impl AppState {
    /// Moves purchases on.
    pub fn worker(&self) -> Worker {
        let Self { db, peers, machine, clock, restock, bell, .. } = self.clone();
        Worker { db, peers, machine, clock, restock, bell }
    }

    /// Delivers what is caused in other services.
    pub fn effects(&self) -> grove_outbox::Worker {
        let Self { db, peers, clock, .. } = self.clone();
        grove_outbox::Worker { db, peers, clock }
    }
}

//! What the service is made of.

use std::sync::Arc;

use axum::extract::FromRef;
use grove_client::Peers;
use grove_identity::Verifier;
use grove_outbox::Worker;
use grove_shared::Clock;
use sqlx::MySqlPool;

use crate::{config::MailConfig, reservation::Reconciler};

/// What the handlers share.
#[derive(Debug, Clone, FromRef)]
pub struct AppState {
    /// The service's schema.
    pub db: MySqlPool,
    /// Checks who calls.
    pub verifier: Verifier,
    /// Tells the time.
    pub clock: Clock,
    /// The services that this one calls.
    pub peers: Peers,
    /// Where mails go.
    pub mails: Arc<MailConfig>,
}

impl AppState {
    /// Finds out what became of reservations.
    pub fn reconciler(&self) -> Reconciler {
        let Self { db, peers, clock, .. } = self.clone();
        Reconciler { db, peers, clock }
    }

    /// Delivers what is caused in other services.
    pub fn worker(&self) -> Worker {
        let Self { db, peers, clock, .. } = self.clone();
        Worker { db, peers, clock }
    }
}

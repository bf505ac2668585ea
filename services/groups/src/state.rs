//! What the handlers share.

use std::sync::Arc;

use axum::extract::FromRef;
use grove_client::Peers;
use grove_identity::Verifier;
use grove_shared::Clock;
use sqlx::MySqlPool;

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
    /// What follows the NetID and @ in the mail address of an office.
    pub mail_domain: Arc<str>,
}

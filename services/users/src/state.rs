//! What the handlers share.

use std::sync::Arc;

use axum::extract::FromRef;
use grove_client::Peers;
use grove_identity::Verifier;
use grove_shared::Clock;
use sqlx::MySqlPool;

use crate::config::{Chapter, JoinLimit};

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
    /// When the chapter's days begin, and what people are told about it.
    pub chapter: Arc<Chapter>,
    /// How often one address may ask to join.
    pub join_limit: JoinLimit,
}

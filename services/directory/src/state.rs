//! What the handlers share.

use axum::extract::FromRef;
use grove_client::Peers;
use grove_identity::Verifier;
use grove_shared::{Clock, config::ChapterTime};
use sqlx::MySqlPool;

use crate::campus::Campus;

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
    /// The campus directory; without it changes are recorded and wait.
    pub campus: Option<Campus>,
}

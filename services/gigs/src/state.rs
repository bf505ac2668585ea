//! What the service is made of.

use std::sync::Arc;

use axum::extract::FromRef;
use chrono::{DateTime, TimeDelta, Utc};
use grove_client::Peers;
use grove_identity::Verifier;
use grove_outbox::Worker;
use grove_shared::{Clock, NetId, db};
use sqlx::MySqlPool;

use crate::{config::MailConfig, error::GigError, reservation::Reconciler, store::personal};

/// How long a request can be on its way: longer than whoever asks is believed to be who they are.
pub(crate) const LATEST: TimeDelta = TimeDelta::minutes(2);

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
    /// Begins what someone asks for, unless they were forgotten while their request was on its way. Whoever
    /// forgets them waits for the end of what has begun.
    pub(crate) async fn begin_for(
        &self,
        netid: &NetId,
        now: DateTime<Utc>,
    ) -> Result<db::Transaction, GigError> {
        let mut transaction = db::begin(&self.db).await?;
        if personal::is_forgotten(&mut *transaction, netid, now - LATEST).await? {
            return Err(GigError::Forgotten);
        }
        Ok(transaction)
    }

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

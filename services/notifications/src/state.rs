//! What the handlers share.

use std::sync::Arc;

use axum::extract::FromRef;
use grove_client::Peers;
use grove_identity::Verifier;
use grove_shared::{Clock, NetId};
use lettre::message::Mailbox;
use sqlx::MySqlPool;

use crate::channel::Carriers;

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
    /// What sends the messages of each channel.
    pub carriers: Arc<Carriers>,
    /// Who mails may be from.
    pub senders: Arc<[Mailbox]>,
    /// The domain of members' mail addresses.
    pub mail_domain: Arc<str>,
}

impl AppState {
    /// The member behind a mail address of the university.
    pub(crate) fn member_at(&self, address: &str) -> Option<NetId> {
        let (user, domain) = address.rsplit_once('@')?;
        if !domain.eq_ignore_ascii_case(&self.mail_domain) {
            return None;
        }
        user.to_lowercase().parse().ok()
    }
}

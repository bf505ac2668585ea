//! What the handlers share.

use std::net::IpAddr;

use axum::extract::FromRef;
use grove_client::Peers;
use grove_identity::Verifier;
use grove_shared::Clock;
use sqlx::MySqlPool;

use crate::{
    attempt::Attempt,
    config::{Chapter, Networks},
    hashing::Hasher,
    link::LinkTokens,
};

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
    /// Hashes passwords.
    pub hasher: Hasher,
    /// Makes the tokens of one-time links.
    pub link_tokens: LinkTokens,
    /// What mails say.
    pub chapter: Chapter,
    /// Networks whose people share an address.
    pub shared_networks: Networks,
}

impl AppState {
    /// Someone's try at an account from an address.
    pub(crate) fn attempt(&self, name: &str, address: Option<IpAddr>) -> Attempt {
        Attempt::new(name, &self.chapter.mail_domain, address, &self.shared_networks)
    }
}

//! What the directory service is configured with.

use std::net::SocketAddr;

use clap::Parser;
use grove_shared::config::{DbConfig, IdentityConfig, PeerUrls, TelemetryConfig};

/// Members' entries in the chapter's group of the campus directory (LDAP, Active Directory).
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Config {
    /// The address to listen on.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:8998")]
    pub listen: SocketAddr,
    /// Where the service users is: name=url, separated by commas.
    #[arg(long, env = "PEERS", default_value = "users=http://127.0.0.1:8001")]
    pub peers: PeerUrls,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a section of shared")]
    pub db: DbConfig,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a section of shared")]
    pub identity: IdentityConfig,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a section of shared")]
    pub telemetry: TelemetryConfig,
}

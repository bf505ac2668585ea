//! What the groups service is configured with.

use std::net::SocketAddr;

use clap::Parser;
use grove_shared::config::{DbConfig, IdentityConfig, TelemetryConfig};

/// SIGs and committees, and who holds which role in them.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Config {
    /// The address to listen on.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:9001")]
    pub listen: SocketAddr,
    /// What follows the NetID and @ in the mail address of an office.
    #[arg(long, env = "MAIL_DOMAIN", default_value = "example.edu")]
    pub mail_domain: String,
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

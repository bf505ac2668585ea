//! What the merch service is configured with.

use std::net::SocketAddr;

use clap::Parser;
use grove_shared::config::{DbConfig, IdentityConfig, PeerUrls, TelemetryConfig};

/// Merch: what the vending machine sells, and the purchases.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Config {
    /// The address to listen on.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:6969")]
    pub listen: SocketAddr,
    /// Where the services credits, users and notifications are: name=url, separated by commas.
    #[arg(
        long,
        env = "PEERS",
        default_value = "credits=http://127.0.0.1:8765,users=http://127.0.0.1:8001,notifications=http://127.0.0.1:1122"
    )]
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

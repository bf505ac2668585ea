//! What the notifications service is configured with.

use std::net::SocketAddr;

use clap::Parser;
use grove_shared::config::{DbConfig, IdentityConfig, PeerUrls, TelemetryConfig};

/// Messages to people by mail, Slack, Discord and X: queued, retried and reported for each recipient.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Config {
    /// The address to listen on.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:1122")]
    pub listen: SocketAddr,
    /// Where the services users and groups are: name=url, separated by commas.
    #[arg(
        long,
        env = "PEERS",
        default_value = "users=http://127.0.0.1:8001,groups=http://127.0.0.1:9001"
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

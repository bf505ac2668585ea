//! What the gigs service is configured with.

use std::net::SocketAddr;

use clap::{Args, Parser};
use grove_shared::config::{DbConfig, IdentityConfig, PeerUrls, TelemetryConfig};

/// Gigs: small jobs that members offer each other for credits.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Config {
    /// The address to listen on.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:8964")]
    pub listen: SocketAddr,
    /// Where the services credits and notifications are: name=url, separated by commas.
    #[arg(
        long,
        env = "PEERS",
        default_value = "credits=http://127.0.0.1:8765,notifications=http://127.0.0.1:1122"
    )]
    pub peers: PeerUrls,
    #[command(flatten)]
    #[expect(missing_docs, reason = "described by its type")]
    pub mails: MailConfig,
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

/// Where mails about gigs go, and where their links lead.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct MailConfig {
    /// The URL of the website, for links in mails.
    #[arg(long, env = "SITE_URL", default_value = "http://localhost:5000")]
    pub site_url: String,
    /// The domain of people's mail addresses: what follows NETID@.
    #[arg(long, env = "MAIL_DOMAIN", default_value = "example.edu")]
    pub mail_domain: String,
}

//! What the gateway is configured with.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, Parser};
use grove_shared::{
    config::{DbConfig, IdentityConfig, PeerUrls, TelemetryConfig},
    forwarded::TrustedProxies,
};

/// The one public door: client tokens, identity, routing, limits.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Config {
    /// The address to listen on.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:8000")]
    pub listen: SocketAddr,
    /// The private address of /livez, /readyz and /metrics.
    #[arg(long, env = "ADMIN_LISTEN", default_value = "127.0.0.1:8010")]
    pub admin_listen: SocketAddr,
    /// Asks no client for a token; for development, on a loopback address only.
    #[arg(short, long, env = "UNSECURED")]
    pub unsecured: bool,
    /// Where the services are: name=url, separated by commas.
    #[arg(long, env = "UPSTREAMS", default_value = UPSTREAMS)]
    pub upstreams: PeerUrls,
    /// Proxies in front of the gateway, whose `X-Forwarded-For` counts: addresses and ranges, separated
    /// by commas. The website is none.
    #[arg(long, env = "TRUSTED_PROXIES", default_value = "")]
    pub trusted_proxies: TrustedProxies,
    /// Origins whose pages may call the API from a browser, separated by commas.
    #[arg(long = "cors-origin", env = "CORS_ORIGINS", value_delimiter = ',')]
    pub cors_origins: Vec<String>,
    /// File in which the backups say how they are, for the page of officers.
    #[arg(long, env = "BACKUP_STATUS_FILE")]
    pub backup_status_file: Option<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a section")]
    pub limits: Limits,
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

/// How much and how long.
#[derive(Debug, Clone, Args)]
pub struct Limits {
    /// The bytes that the body of a request may have.
    #[arg(long, env = "BODY_LIMIT", default_value_t = 16 * 1024 * 1024)]
    pub body_limit: u64,
    /// Seconds that a service has to begin its answer.
    #[arg(long, env = "RESPONSE_TIMEOUT", default_value = "10", value_parser = seconds)]
    pub response_timeout: Duration,
    /// Seconds that a client may pause while it sends a body.
    #[arg(long, env = "BODY_TIMEOUT", default_value = "10", value_parser = seconds)]
    pub body_timeout: Duration,
    /// Seconds that a request waits for a service which has just gone, such as for a restart.
    #[arg(long, env = "HOLD", default_value = "10", value_parser = seconds)]
    pub hold: Duration,
}

/// Where each service listens on one machine: the ports of the system that Grove replaces.
pub const UPSTREAMS: &str = "\
    auth=http://127.0.0.1:8008,\
    credits=http://127.0.0.1:8765,\
    directory=http://127.0.0.1:8998,\
    events=http://127.0.0.1:8002,\
    gigs=http://127.0.0.1:8964,\
    groups=http://127.0.0.1:9001,\
    memes=http://127.0.0.1:42069,\
    merch=http://127.0.0.1:6969,\
    notifications=http://127.0.0.1:1122,\
    quotes=http://127.0.0.1:9494,\
    recruiters=http://127.0.0.1:4567,\
    requests=http://127.0.0.1:5656,\
    users=http://127.0.0.1:8001";

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "must be a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|cause| cause.to_string())
}

//! What the gateway is configured with.

use std::{net::SocketAddr, path::PathBuf, sync::LazyLock, time::Duration};

use clap::{Args, Parser};
use grove_catalog::SERVICES;
use grove_http::forwarded::TrustedProxies;
use grove_shared::config::{DbConfig, IdentityConfig, PeerUrls, TelemetryConfig};

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
    #[arg(long, env = "UPSTREAMS", default_value = UPSTREAMS.as_str())]
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
    /// The requests that may be under way at once.
    #[arg(long, env = "IN_FLIGHT", default_value_t = 1024)]
    pub in_flight: usize,
    /// How many of them may be one person's, or from one address that nobody signed in at.
    #[arg(long, env = "IN_FLIGHT_OF_ONE", default_value_t = 256)]
    pub in_flight_of_one: usize,
    /// The bytes that the body of a request may have.
    #[arg(long, env = "BODY_LIMIT", default_value_t = 16 * 1024 * 1024)]
    pub body_limit: u64,
    /// Seconds that a service has to begin its answer.
    #[arg(long, env = "RESPONSE_TIMEOUT", default_value = "10", value_parser = seconds)]
    pub response_timeout: Duration,
    /// Seconds that a client may pause while it sends a body.
    #[arg(long, env = "BODY_TIMEOUT", default_value = "10", value_parser = seconds)]
    pub body_timeout: Duration,
    /// Seconds that a service may pause in its answer, and that a tunnel may be silent.
    #[arg(long, env = "IDLE_TIMEOUT", default_value = "60", value_parser = seconds)]
    pub idle_timeout: Duration,
    /// Seconds that a request waits for a service which has just gone, such as for a restart.
    #[arg(long, env = "HOLD", default_value = "10", value_parser = seconds)]
    pub hold: Duration,
}

/// Where each service listens on one machine, those that are planned among them.
static UPSTREAMS: LazyLock<String> = LazyLock::new(|| {
    let urls = SERVICES.iter().map(|one| format!("{}=http://127.0.0.1:{}", one.name, one.port));
    urls.collect::<Vec<_>>().join(",")
});

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "must be a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|cause| cause.to_string())
}

//! What the auth service is configured with.

use std::{net::IpAddr, str::FromStr, sync::Arc, time::Duration};

use clap::{Args, Parser};
use grove_shared::config::ServiceConfig;
use ipnet::IpNet;
use url::Url;

/// Accounts, passwords, sessions and one-time links.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Config {
    #[command(flatten)]
    #[expect(missing_docs, reason = "what every service has")]
    pub service: ServiceConfig,
    #[command(flatten)]
    #[expect(missing_docs, reason = "its fields are documented")]
    pub chapter: Chapter,
    #[command(flatten)]
    #[expect(missing_docs, reason = "its fields are documented")]
    pub hashing: PasswordHashing,
    /// Networks whose people share an address, such as a campus behind one: addresses and ranges,
    /// separated by commas. What one of them fails at there does not count for the others.
    #[arg(long, env = "SHARED_NETWORKS", default_value = "")]
    pub shared_networks: Networks,
}

/// Addresses and ranges in CIDR notation (RFC 4632), separated by commas.
#[derive(Debug, Clone, Default)]
pub struct Networks(Arc<[IpNet]>);

impl Networks {
    /// Whether an address is in one of them.
    pub(crate) fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address.to_canonical()))
    }
}

impl FromStr for Networks {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let networks = entries.map(|entry| {
            let address = entry.parse().map(|address: IpAddr| IpNet::from(address.to_canonical()));
            address.or_else(|_| entry.parse()).map_err(|_| {
                format!("{entry:?} is no address and no range, such as 192.0.2.7 or 10.0.0.0/8")
            })
        });
        networks.collect::<Result<_, _>>().map(Self)
    }
}

impl AsRef<ServiceConfig> for Config {
    fn as_ref(&self) -> &ServiceConfig {
        &self.service
    }
}

/// What mails say of the chapter, and where they go.
#[derive(Debug, Clone, Args)]
pub struct Chapter {
    /// The website, which links in mails lead to.
    #[arg(long, env = "SITE_URL", default_value = "http://localhost:5000")]
    pub site_url: Url,
    /// What the chapter is called.
    #[arg(long, env = "CHAPTER_NAME", default_value = "ACM")]
    pub chapter_name: String,
    /// Mail to `jsmith2` goes to `jsmith2@` this domain.
    #[arg(long, env = "MAIL_DOMAIN", default_value = "example.edu")]
    pub mail_domain: String,
}

impl Chapter {
    /// The mail address of a person.
    pub(crate) fn address_of(&self, netid: &grove_shared::NetId) -> String {
        format!("{netid}@{}", self.mail_domain)
    }
}

/// What hashing a password costs: argon2id with one lane.
///
/// The defaults are the least that OWASP's Password Storage Cheat Sheet recommends.
#[derive(Debug, Clone, Copy, Args)]
pub struct PasswordHashing {
    /// KiB of memory that hashing a password takes.
    #[arg(long = "password-memory", env = "PASSWORD_MEMORY_KIB", default_value_t = 19_456)]
    pub memory_kib: u32,
    /// Passes over that memory.
    #[arg(long = "password-iterations", env = "PASSWORD_ITERATIONS", default_value_t = 2)]
    pub iterations: u32,
    /// Passwords hashed at the same time at most; if absent, one for each core but one.
    #[arg(long = "password-concurrency", env = "PASSWORD_CONCURRENCY")]
    pub concurrency: Option<usize>,
    /// Nobody queues who would wait for longer. Callers inside Grove wait for five seconds.
    #[arg(skip = LONGEST_WAIT)]
    pub longest_wait: Duration,
}

const LONGEST_WAIT: Duration = Duration::from_secs(4);

impl Default for PasswordHashing {
    fn default() -> Self {
        Self { memory_kib: 19_456, iterations: 2, concurrency: None, longest_wait: LONGEST_WAIT }
    }
}

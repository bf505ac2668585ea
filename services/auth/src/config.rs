//! What the auth service is configured with.

use std::net::SocketAddr;

use clap::{Args, Parser};
use grove_shared::config::{DbConfig, IdentityConfig, PeerUrls, TelemetryConfig};
use url::Url;

/// Accounts, passwords, sessions and one-time links.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Config {
    /// The address to listen on.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:8008")]
    pub listen: SocketAddr,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a section of shared")]
    pub db: DbConfig,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a section of shared")]
    pub identity: IdentityConfig,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a section of shared")]
    pub telemetry: TelemetryConfig,
    /// The services that this one calls: name=url, separated by commas.
    #[arg(
        long,
        env = "PEERS",
        default_value = "users=http://127.0.0.1:8001,notifications=http://127.0.0.1:1122"
    )]
    pub peers: PeerUrls,
    #[command(flatten)]
    #[expect(missing_docs, reason = "its fields are documented")]
    pub chapter: Chapter,
    #[command(flatten)]
    #[expect(missing_docs, reason = "its fields are documented")]
    pub hashing: PasswordHashing,
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
    /// Passwords hashed at the same time at most; the number of cores if absent.
    #[arg(long = "password-concurrency", env = "PASSWORD_CONCURRENCY")]
    pub concurrency: Option<usize>,
}

impl Default for PasswordHashing {
    fn default() -> Self {
        Self { memory_kib: 19_456, iterations: 2, concurrency: None }
    }
}

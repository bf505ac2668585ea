//! What the gigs service is configured with.

use clap::{Args, Parser};
use grove_shared::config::ServiceConfig;

/// Gigs: small jobs that members offer each other for credits.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Config {
    #[command(flatten)]
    #[expect(missing_docs, reason = "described by its type")]
    pub mails: MailConfig,
    #[command(flatten)]
    #[expect(missing_docs, reason = "what every service has")]
    pub service: ServiceConfig,
}

impl AsRef<ServiceConfig> for Config {
    fn as_ref(&self) -> &ServiceConfig {
        &self.service
    }
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

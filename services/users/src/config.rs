//! What the users service is configured with.

use std::net::SocketAddr;

use clap::{Args, Parser};
use grove_shared::{
    NetId,
    config::{DbConfig, IdentityConfig, PeerUrls, TelemetryConfig},
};

/// Who joined the chapter, who is a member, and from when to when.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Config {
    /// The address to listen on.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:8001")]
    pub listen: SocketAddr,
    /// Where the services auth, notifications and directory are: name=url, separated by commas.
    #[arg(
        long,
        env = "PEERS",
        default_value = "auth=http://127.0.0.1:8008,notifications=http://127.0.0.1:1122,directory=http://127.0.0.1:8998"
    )]
    pub peers: PeerUrls,
    #[command(flatten)]
    #[expect(missing_docs, reason = "described by its type")]
    pub chapter: Chapter,
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

/// What the service tells people about the chapter.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Chapter {
    /// What the chapter is called, in mails and messages.
    #[arg(long, env = "CHAPTER_NAME", default_value = "ACM")]
    pub chapter_name: String,
    /// The URL of the website, for links in mails.
    #[arg(long, env = "SITE_URL", default_value = "http://localhost:5000")]
    pub site_url: String,
    /// The domain of people's mail addresses: what follows NETID@.
    #[arg(long, env = "MAIL_DOMAIN", default_value = "example.edu")]
    pub mail_domain: String,
    /// What the dues are and how to pay them, for the first mail to an applicant.
    #[arg(
        long,
        env = "DUES_INSTRUCTIONS",
        default_value = "Pay the membership fee of $40 to one of our officers, who then confirms your membership."
    )]
    pub dues_instructions: String,
}

impl Chapter {
    /// Where a person gets mail.
    pub(crate) fn address_of(&self, netid: &NetId) -> String {
        format!("{netid}@{}", self.mail_domain)
    }

    /// The page that shows a person where they are on the way to membership.
    pub(crate) fn intranet(&self) -> String {
        format!("{}/intranet", self.site_url.trim_end_matches('/'))
    }
}

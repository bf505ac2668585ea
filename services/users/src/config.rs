//! What the users service is configured with.

use std::borrow::Cow;

use clap::{Args, Parser};
use grove_shared::{
    NetId,
    config::{ChapterTime, ServiceConfig},
};

/// Who joined the chapter, who is a member, and from when to when.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Config {
    #[command(flatten)]
    #[expect(missing_docs, reason = "what every service has")]
    pub service: ServiceConfig,
    #[command(flatten)]
    #[expect(missing_docs, reason = "described by its type")]
    pub chapter: Chapter,
    #[command(flatten)]
    #[expect(missing_docs, reason = "described by its type")]
    pub join_limit: JoinLimit,
}

/// How often one address may ask to join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
pub struct JoinLimit {
    /// People who may ask to join within an hour from one address. A campus may share one.
    #[arg(long = "joins-per-hour", env = "JOINS_PER_HOUR", default_value_t = 60)]
    pub per_hour: u32,
}

impl AsRef<ServiceConfig> for Config {
    fn as_ref(&self) -> &ServiceConfig {
        &self.service
    }
}

/// The chapter: when its days begin, and what people are told about it.
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
    #[command(flatten)]
    #[expect(missing_docs, reason = "described by its type")]
    pub time: ChapterTime,
}

impl Chapter {
    /// Reads a NetID as people enter it to sign in: in any case, or as their mail address.
    pub(crate) fn netid_of<'a>(&self, name: &'a str) -> Cow<'a, str> {
        let name = name.trim();
        let name = match name.split_once('@') {
            Some((name, domain)) if domain.eq_ignore_ascii_case(&self.mail_domain) => name,
            _ => name,
        };
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            name.to_ascii_lowercase().into()
        } else {
            name.into()
        }
    }

    /// A page of the website.
    fn page(&self, path: &str) -> String {
        format!("{}{path}", self.site_url.trim_end_matches('/'))
    }

    /// Where people sign in.
    pub(crate) fn login(&self) -> String {
        self.page("/login")
    }

    /// Where a person gets mail.
    pub(crate) fn address_of(&self, netid: &NetId) -> String {
        format!("{netid}@{}", self.mail_domain)
    }

    /// The page that shows a person where they are on the way to membership.
    pub(crate) fn intranet(&self) -> String {
        self.page("/intranet")
    }
}

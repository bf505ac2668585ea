//! What the notifications service is configured with.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context, ensure};
use clap::{Args, Parser};
use grove_shared::config::{ServiceConfig, optional_secret};
use lettre::message::Mailbox;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::channel::{
    Carriers, Channel, Discord, Mail, MailCarrier, MailFolder, MailSecurity, MailServer, Slack, X,
    oauth::Credentials,
};

/// Messages to people by mail, Slack, Discord and X.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Config {
    #[command(flatten)]
    #[expect(missing_docs, reason = "what every service has")]
    pub service: ServiceConfig,
    /// The website, which links in mails lead to.
    #[arg(long, env = "SITE_URL", default_value = "http://localhost:5000")]
    pub site_url: Url,
    /// The domain of people's mail addresses: what follows NETID@.
    #[arg(long, env = "MAIL_DOMAIN", default_value = "example.edu")]
    pub mail_domain: String,
    /// How many days the delivery log is kept.
    #[arg(long, env = "DELIVERY_LOG_DAYS", default_value_t = 180)]
    pub delivery_log_days: u32,
    #[command(flatten)]
    #[expect(missing_docs, reason = "described by its type")]
    pub mail: MailConfig,
    #[command(flatten)]
    #[expect(missing_docs, reason = "described by its type")]
    pub channels: ChannelConfig,
}

impl AsRef<ServiceConfig> for Config {
    fn as_ref(&self) -> &ServiceConfig {
        &self.service
    }
}

/// How mail goes out. Without a server or a folder it waits.
#[derive(Debug, Clone, Args)]
pub struct MailConfig {
    /// A folder in which mails become files, for a chapter that is only tried out.
    #[arg(long, env = "MAIL_FOLDER")]
    pub mail_folder: Option<PathBuf>,
    /// The host of the mail server; it takes the place of the folder.
    #[arg(long, env = "SMTP_HOST")]
    pub smtp_host: Option<String>,
    /// The port of the mail server.
    #[arg(long, env = "SMTP_PORT", default_value_t = 587)]
    pub smtp_port: u16,
    /// How the connection to the mail server is protected.
    #[arg(long, env = "SMTP_SECURITY", value_enum, default_value_t = MailSecurity::Starttls)]
    pub smtp_security: MailSecurity,
    /// File with a certificate authority that is trusted besides the usual ones, in PEM.
    #[arg(long, env = "SMTP_CA_FILE")]
    pub smtp_ca_file: Option<PathBuf>,
    /// The user at the mail server, if it wants one.
    #[arg(long, env = "SMTP_USER")]
    pub smtp_user: Option<String>,
    /// The user's password.
    #[arg(long, env = "SMTP_PASSWORD", hide_env_values = true)]
    pub smtp_password: Option<SecretString>,
    /// File that holds the user's password.
    #[arg(long, env = "SMTP_PASSWORD_FILE")]
    pub smtp_password_file: Option<PathBuf>,
    /// Who mails may be from, separated by commas; the first is the usual one. `noreply@` the mail
    /// domain if nothing is said.
    #[arg(long, env = "MAIL_SENDERS", value_delimiter = ',')]
    pub mail_senders: Vec<String>,
    /// Mails a second at most.
    #[arg(long, env = "MAIL_RATE", default_value_t = 50)]
    pub mail_rate: u32,
}

/// The channels besides mail; each is off without its secret.
#[derive(Debug, Clone, Args)]
pub struct ChannelConfig {
    /// The token of Slack's web API.
    #[arg(long, env = "SLACK_TOKEN", hide_env_values = true)]
    pub slack_token: Option<SecretString>,
    /// File that holds the token of Slack's web API.
    #[arg(long, env = "SLACK_TOKEN_FILE")]
    pub slack_token_file: Option<PathBuf>,
    /// Where Slack's web API is.
    #[arg(long, env = "SLACK_URL", default_value = "https://slack.com")]
    pub slack_url: Url,
    /// The URL of Discord's webhook, which is a secret.
    #[arg(long, env = "DISCORD_WEBHOOK", hide_env_values = true)]
    pub discord_webhook: Option<SecretString>,
    /// File that holds the URL of Discord's webhook.
    #[arg(long, env = "DISCORD_WEBHOOK_FILE")]
    pub discord_webhook_file: Option<PathBuf>,
    /// The keys of X: consumer key, consumer secret, access key, access secret, separated by white
    /// space.
    #[arg(long, env = "X_KEYS", hide_env_values = true)]
    pub x_keys: Option<SecretString>,
    /// File that holds the keys of X.
    #[arg(long, env = "X_KEYS_FILE")]
    pub x_keys_file: Option<PathBuf>,
    /// Where the API of X is.
    #[arg(long, env = "X_URL", default_value = "https://api.x.com")]
    pub x_url: Url,
    /// Messages a second at most on each of these channels.
    #[arg(long, env = "CHANNEL_RATE", default_value_t = 1)]
    pub channel_rate: u32,
}

impl Config {
    /// Who mails may be from, the usual one first.
    ///
    /// # Errors
    /// When one is no mail address.
    pub fn senders(&self) -> anyhow::Result<Vec<Mailbox>> {
        let mut senders: Vec<String> = self.mail.mail_senders.clone();
        senders.retain(|sender| !sender.trim().is_empty());
        if senders.is_empty() {
            senders.push(format!("noreply@{}", self.mail_domain));
        }
        let parse = |sender: &String| {
            sender.trim().parse().with_context(|| format!("MAIL_SENDERS: {sender}"))
        };
        senders.iter().map(parse).collect()
    }

    /// How many messages a second go out on a channel at most.
    pub(crate) fn rate(&self, channel: Channel) -> u32 {
        let mail = channel == Channel::Email;
        if mail { self.mail.mail_rate } else { self.channels.channel_rate }.max(1)
    }

    /// What sends the messages of each channel.
    ///
    /// # Errors
    /// When a secret or certificate cannot be read, or the folder of mails cannot be made.
    pub fn carriers(&self) -> anyhow::Result<Carriers> {
        Ok(Carriers { mail: self.mail_carrier()?, ..self.channels.carriers()? })
    }

    fn mail_carrier(&self) -> anyhow::Result<Option<MailCarrier>> {
        let mail = &self.mail;
        let Some(host) = mail.smtp_host.as_deref() else {
            let Some(folder) = mail.mail_folder.clone() else { return Ok(None) };
            return Ok(Some(MailCarrier::Folder(Arc::new(MailFolder::open(folder)?))));
        };
        let login = match mail.smtp_user.as_deref() {
            Some(user) => {
                let (value, file) = (&mail.smtp_password, &mail.smtp_password_file);
                let password = optional_secret(value.as_ref(), file.as_ref(), "SMTP_PASSWORD")?;
                Some((user.to_owned(), password.context("SMTP_USER needs SMTP_PASSWORD")?))
            }
            None => None,
        };
        let server = MailServer {
            host,
            port: mail.smtp_port,
            security: mail.smtp_security,
            extra_ca: mail.smtp_ca_file.as_deref(),
            login,
        };
        let sender = self.senders()?.into_iter().next().context("a sender")?;
        Ok(Some(MailCarrier::Server(Mail::new(&server, &self.mail_domain, sender)?)))
    }
}

impl ChannelConfig {
    fn carriers(&self) -> anyhow::Result<Carriers> {
        let http = grove_outside::http_client()?;
        let secret_of = |value: &Option<SecretString>, file: &Option<PathBuf>, name: &str| {
            optional_secret(value.as_ref(), file.as_ref(), name)
        };
        let slack = secret_of(&self.slack_token, &self.slack_token_file, "SLACK_TOKEN")?;
        let slack = slack.map(|token| Slack::new(http.clone(), self.slack_url.clone(), token));
        let webhook =
            secret_of(&self.discord_webhook, &self.discord_webhook_file, "DISCORD_WEBHOOK")?;
        let discord = webhook.map(|webhook| Discord::new(http.clone(), webhook));
        let x = match secret_of(&self.x_keys, &self.x_keys_file, "X_KEYS")? {
            Some(keys) => Some(X::new(http, self.x_url.clone(), credentials(&keys)?)),
            None => None,
        };
        Ok(Carriers { mail: None, slack, discord, x })
    }
}

fn credentials(keys: &SecretString) -> anyhow::Result<Credentials> {
    let parts: Vec<&str> = keys.expose_secret().split_whitespace().collect();
    ensure!(parts.len() == 4, "X_KEYS has to be four keys, separated by white space");
    let part = |at: usize| parts.get(at).copied().unwrap_or_default();
    Ok(Credentials {
        consumer_key: part(0).to_owned(),
        consumer_secret: part(1).into(),
        access_key: part(2).to_owned(),
        access_secret: part(3).into(),
    })
}

//! What the credits service is configured with.

use std::path::PathBuf;

use clap::{Args, Parser};
use grove_shared::config::{ChapterTime, ServiceConfig, optional_secret};
use secrecy::SecretString;
use url::Url;

use crate::stripe::Stripe;

/// The ledger of credits, and card payments.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Config {
    /// What a new member gets, in credits.
    #[arg(long, env = "INITIAL_CREDITS", default_value_t = 500, value_parser = clap::value_parser!(i64).range(0..=1_000_000))]
    pub initial_credits: i64,
    /// The website, to which people return after they paid.
    #[arg(long, env = "SITE_URL", default_value = "http://localhost:5000")]
    pub site_url: Url,
    /// What the chapter is called.
    #[arg(long, env = "CHAPTER_NAME", default_value = "ACM")]
    pub chapter_name: String,
    #[command(flatten)]
    #[expect(missing_docs, reason = "described by its type")]
    pub stripe: StripeConfig,
    #[command(flatten)]
    #[expect(missing_docs, reason = "described by its type")]
    pub time: ChapterTime,
    #[command(flatten)]
    #[expect(missing_docs, reason = "what every service has")]
    pub service: ServiceConfig,
}

impl AsRef<ServiceConfig> for Config {
    fn as_ref(&self) -> &ServiceConfig {
        &self.service
    }
}

/// The chapter's account at Stripe. Without a secret key nobody can pay by card.
#[derive(Debug, Clone, Args)]
pub struct StripeConfig {
    /// Where Stripe's API is.
    #[arg(long, env = "STRIPE_URL", default_value = "https://api.stripe.com")]
    pub stripe_url: Url,
    /// The secret key of the account.
    #[arg(long, env = "STRIPE_SECRET_KEY", hide_env_values = true)]
    pub stripe_secret_key: Option<SecretString>,
    /// File that holds the secret key.
    #[arg(long, env = "STRIPE_SECRET_KEY_FILE")]
    pub stripe_secret_key_file: Option<PathBuf>,
    /// The secret that events are signed with.
    #[arg(long, env = "STRIPE_WEBHOOK_SECRET", hide_env_values = true)]
    pub stripe_webhook_secret: Option<SecretString>,
    /// File that holds the secret for events.
    #[arg(long, env = "STRIPE_WEBHOOK_SECRET_FILE")]
    pub stripe_webhook_secret_file: Option<PathBuf>,
}

impl StripeConfig {
    /// Stripe, if there is a secret key.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn stripe(&self) -> anyhow::Result<Option<Stripe>> {
        let key = optional_secret(
            self.stripe_secret_key.as_ref(),
            self.stripe_secret_key_file.as_ref(),
            "STRIPE_SECRET_KEY",
        )?;
        let webhook = optional_secret(
            self.stripe_webhook_secret.as_ref(),
            self.stripe_webhook_secret_file.as_ref(),
            "STRIPE_WEBHOOK_SECRET",
        )?;
        let Some(key) = key else { return Ok(None) };
        Stripe::new(self.stripe_url.clone(), key, webhook.as_ref()).map(Some)
    }
}

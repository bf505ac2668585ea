//! What the merch service is configured with.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser};
use grove_shared::config::{ChapterTime, ServiceConfig, optional_secret, secret};
use secrecy::SecretString;
use url::Url;

use crate::{machine::Machine, pin::PinKey};

/// Merch: what the vending machine sells, and the purchases.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Config {
    #[command(flatten)]
    #[expect(missing_docs, reason = "described by its type")]
    pub machine: MachineConfig,
    #[command(flatten)]
    #[expect(missing_docs, reason = "described by its type")]
    pub pins: PinConfig,
    #[command(flatten)]
    #[expect(missing_docs, reason = "described by its type")]
    pub restock: Restock,
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

/// Where the vending machine is.
#[derive(Debug, Clone, Args)]
pub struct MachineConfig {
    /// The URL of the vending machine; without it nothing is sold.
    #[arg(long, env = "MACHINE_URL")]
    pub machine_url: Option<Url>,
    /// The token that the machine asks for.
    #[arg(long, env = "MACHINE_TOKEN", hide_env_values = true)]
    pub machine_token: Option<SecretString>,
    /// File that holds the token.
    #[arg(long, env = "MACHINE_TOKEN_FILE")]
    pub machine_token_file: Option<PathBuf>,
}

impl MachineConfig {
    /// How long the motor may take.
    const TIMEOUT: Duration = Duration::from_secs(10);

    /// The machine, if there is one.
    ///
    /// # Errors
    /// When the URL is not of HTTP or there is no token.
    pub fn machine(&self) -> anyhow::Result<Option<Machine>> {
        let Some(url) = self.machine_url.clone() else { return Ok(None) };
        let (token, file) = (self.machine_token.as_ref(), self.machine_token_file.as_ref());
        let token = secret(token, file, "MACHINE_TOKEN")?;
        Machine::new(url, token, Self::TIMEOUT).map(Some)
    }
}

/// The key that PINs are hashed with.
#[derive(Debug, Clone, Args)]
pub struct PinConfig {
    /// The key that PINs are hashed with, at least 32 characters; without it there are no PINs.
    #[arg(long, env = "MERCH_PIN_KEY", hide_env_values = true)]
    pub merch_pin_key: Option<SecretString>,
    /// File that holds the key.
    #[arg(long, env = "MERCH_PIN_KEY_FILE")]
    pub merch_pin_key_file: Option<PathBuf>,
}

impl PinConfig {
    /// The key, if there is one.
    ///
    /// # Errors
    /// When the file cannot be read or the key is too short.
    pub fn key(&self) -> anyhow::Result<Option<PinKey>> {
        let (key, file) = (self.merch_pin_key.as_ref(), self.merch_pin_key_file.as_ref());
        let key = optional_secret(key, file, "MERCH_PIN_KEY")?;
        key.as_ref().map(PinKey::new).transpose()
    }
}

/// Who is told that something runs out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Args)]
pub struct Restock {
    /// Mail addresses, separated by commas.
    #[arg(long, env = "RESTOCK_RECIPIENTS", value_delimiter = ',')]
    pub restock_recipients: Vec<String>,
    /// A channel of Slack, such as #merch-status.
    #[arg(long, env = "RESTOCK_SLACK_CHANNEL")]
    pub restock_slack_channel: Option<String>,
}

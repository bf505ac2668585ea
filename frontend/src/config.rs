//! What the website is configured with.

use std::{net::SocketAddr, path::PathBuf};

use clap::Parser;
use grove_http::forwarded::TrustedProxies;
use grove_shared::{
    config::{self, ChapterTime, TelemetryConfig},
    reload::Reloaded,
};
use http::Uri;
use secrecy::SecretString;
use url::Url;

use crate::{chapter::ChapterConfig, csrf::CsrfKey, seal::SealingKey};

/// The website of a chapter: server-rendered pages, a client of the gateway.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Config {
    /// The address to listen on.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:5000")]
    pub listen: SocketAddr,
    /// The private address of /metrics, such as 127.0.0.1:5010; without it they are nowhere.
    #[arg(long, env = "METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,
    /// Where the gateway answers: `http://host:port`.
    #[arg(
        long,
        env = "GATEWAY_URL",
        default_value = "http://127.0.0.1:8000",
        value_parser = config::base_url
    )]
    pub gateway_url: Uri,
    /// The client token that the gateway gave to the website.
    #[arg(long, env = "GATEWAY_TOKEN", hide_env_values = true)]
    pub gateway_token: Option<SecretString>,
    /// File that holds the client token.
    #[arg(long, env = "GATEWAY_TOKEN_FILE")]
    pub gateway_token_file: Option<PathBuf>,
    /// The key of the tokens in forms and of what browsers keep: at least 32 characters, the same on every replica. Further
    /// lines are earlier keys, which forms that are still open were made with.
    #[arg(long, env = "SITE_SECRET", hide_env_values = true)]
    pub site_secret: Option<SecretString>,
    /// File that holds the key of the tokens in forms.
    #[arg(long, env = "SITE_SECRET_FILE")]
    pub site_secret_file: Option<PathBuf>,
    /// Where visitors find the website. Unless it is a loopback address, requests for any other
    /// host are refused.
    #[arg(long, env = "SITE_URL", default_value = "http://localhost:5000")]
    pub site_url: Url,
    /// Tells browsers to visit the hosts below this one over TLS alone, too. They keep to it for a year.
    #[arg(long, env = "STRICT_SUBDOMAINS")]
    pub strict_subdomains: bool,
    /// Proxies in front of the website, whose `X-Forwarded-For` counts: addresses and ranges, separated
    /// by commas.
    #[arg(long, env = "TRUSTED_PROXIES", default_value = "")]
    pub trusted_proxies: TrustedProxies,
    /// Serves stylesheets, scripts and icons from this folder as they are at each request, instead of
    /// those in the program: for who edits them.
    #[arg(long, env = "ASSETS_FOLDER")]
    pub assets_folder: Option<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "it says so itself")]
    pub chapter: ChapterConfig,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a section of shared")]
    pub time: ChapterTime,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a section of shared")]
    pub telemetry: TelemetryConfig,
}

impl Config {
    /// The client token that the gateway gave to the website.
    ///
    /// # Errors
    /// When neither the token nor a readable file is given.
    pub fn gateway_token(&self) -> anyhow::Result<Reloaded<SecretString>> {
        let (value, file) = (self.gateway_token.as_ref(), self.gateway_token_file.as_ref());
        Reloaded::from_secret(value, file, "GATEWAY_TOKEN", |text| Ok(text.into()))
    }

    /// The key of the tokens in forms.
    ///
    /// # Errors
    /// When neither the key nor a readable file is given, or it is too short.
    pub fn csrf_key(&self) -> anyhow::Result<CsrfKey> {
        CsrfKey::new(self.site_secret.as_ref(), self.site_secret_file.as_ref())
    }

    /// The key of what browsers keep for the website.
    ///
    /// # Errors
    /// As [`Config::csrf_key`].
    pub fn sealing_key(&self) -> anyhow::Result<SealingKey> {
        SealingKey::new(self.site_secret.as_ref(), self.site_secret_file.as_ref())
    }
}

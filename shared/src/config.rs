//! Sections of configuration. A crate's `Config` flattens those it needs, and `--help` lists them.
//!
//! Everything is a flag or an environment variable; a secret may also be a file, named by the same
//! variable with `_FILE`, as Docker and Kubernetes mount it.

use std::{collections::HashMap, env, path::PathBuf, str::FromStr};

use anyhow::Context;
use clap::{Args, Command, CommandFactory, Parser, ValueEnum};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::identity::{SigningKey, TrustedKeys, Verifier};

/// Reads a program's configuration; when that fails, says why and ends.
pub fn parse<C: Parser>() -> C {
    let matches = command::<C>().get_matches();
    C::from_arg_matches(&matches).unwrap_or_else(|cause| cause.exit())
}

/// The flags of a program and its subcommands. A variable that is empty counts as one that is not set: so it
/// is in a compose file and in `.env`.
pub fn command<C: CommandFactory>() -> Command {
    without_empty_variables(C::command())
}

fn without_empty_variables(command: Command) -> Command {
    let command = command.mut_args(|arg| {
        let value = arg.get_env().and_then(env::var_os);
        if value.is_some_and(|value| value.is_empty()) { arg.env(None::<&str>) } else { arg }
    });
    command.mut_subcommands(without_empty_variables)
}

/// Which MySQL schema a service owns.
#[derive(Debug, Clone, Args)]
pub struct DbConfig {
    /// URL of the service's own schema, `mysql://user:password@host/schema`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<SecretString>,
    /// File that holds the URL of the schema.
    #[arg(long, env = "DATABASE_URL_FILE")]
    pub database_url_file: Option<PathBuf>,
    /// Connections that the service opens at most.
    #[arg(long, env = "DATABASE_CONNECTIONS", default_value_t = 10)]
    pub database_connections: u32,
}

impl DbConfig {
    /// The URL of the schema.
    ///
    /// # Errors
    /// When neither the URL nor a readable file is given.
    pub fn url(&self) -> anyhow::Result<SecretString> {
        secret(self.database_url.as_ref(), self.database_url_file.as_ref(), "DATABASE_URL")
    }
}

/// By which key a service signs, and whose signatures it accepts.
#[derive(Debug, Clone, Args)]
pub struct IdentityConfig {
    /// The private key that this service signs its calls with: 32 bytes in base64url.
    #[arg(long, env = "IDENTITY_KEY", hide_env_values = true)]
    pub identity_key: Option<SecretString>,
    /// File that holds the private key.
    #[arg(long, env = "IDENTITY_KEY_FILE")]
    pub identity_key_file: Option<PathBuf>,
    /// Public keys whose signatures count: owner=key, separated by commas.
    #[arg(long, env = "TRUSTED_KEYS")]
    pub trusted_keys: Option<SecretString>,
    /// File that holds the public keys.
    #[arg(long, env = "TRUSTED_KEYS_FILE")]
    pub trusted_keys_file: Option<PathBuf>,
}

impl IdentityConfig {
    /// The key of the service `owner`. From a file it is read again when the file changes.
    ///
    /// # Errors
    /// When no key is configured or it is malformed.
    pub fn signing_key(&self, owner: &str) -> anyhow::Result<SigningKey> {
        match (&self.identity_key, &self.identity_key_file) {
            (Some(key), _) => SigningKey::new(owner, key),
            (None, Some(file)) => SigningKey::from_file(owner, file.clone()),
            (None, None) => anyhow::bail!("set IDENTITY_KEY or IDENTITY_KEY_FILE"),
        }
    }

    /// Checks identities that are meant for the service `audience`. The keys are read again when
    /// their file changes.
    ///
    /// # Errors
    /// When no keys are configured or one is malformed.
    pub fn verifier(&self, audience: &str) -> anyhow::Result<Verifier> {
        let keys = match (&self.trusted_keys, &self.trusted_keys_file) {
            (Some(keys), _) => keys.expose_secret().parse()?,
            (None, Some(file)) => TrustedKeys::from_file(file.clone())?,
            (None, None) => anyhow::bail!("set TRUSTED_KEYS or TRUSTED_KEYS_FILE"),
        };
        Ok(Verifier::new(audience, keys))
    }
}

/// Base URLs of other services, by name.
#[derive(Debug, Clone, Default)]
pub struct PeerUrls(pub HashMap<String, Url>);

impl FromStr for PeerUrls {
    type Err = anyhow::Error;

    /// Reads `name=url` pairs, separated by commas.
    fn from_str(text: &str) -> anyhow::Result<Self> {
        let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
        let urls = pairs.map(|pair| {
            let (name, url) = pair.trim().split_once('=').context("a peer is name=url")?;
            let url = Url::parse(url).with_context(|| format!("the URL of {name}"))?;
            Ok((name.to_owned(), url))
        });
        Ok(Self(urls.collect::<anyhow::Result<_>>()?))
    }
}

/// What is logged, and how.
#[derive(Debug, Clone, Args)]
pub struct TelemetryConfig {
    /// Which events are logged, in the form of tracing's `EnvFilter`: `info`, or `warn,grove_quotes=debug`.
    #[arg(long, env = "LOG", default_value = "info")]
    pub log: String,
    /// Log lines for people or for programs.
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value_t = LogFormat::Auto)]
    pub log_format: LogFormat,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a section")]
    pub traces: TracesConfig,
}

/// Whom traces are told. Without a collector there are none, and they cost nothing.
#[derive(Debug, Clone, Default, Args)]
pub struct TracesConfig {
    /// Base URL of a collector that takes OTLP over HTTP, such as <http://localhost:4318>.
    #[arg(long, env = "OTLP_ENDPOINT")]
    pub otlp_endpoint: Option<Url>,
    /// The same, under its usual name.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", hide = true)]
    pub otel_exporter_otlp_endpoint: Option<Url>,
}

impl TracesConfig {
    /// The base URL of the collector.
    pub fn endpoint(&self) -> Option<&Url> {
        self.otlp_endpoint.as_ref().or(self.otel_exporter_otlp_endpoint.as_ref())
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Pretty on a terminal, JSON elsewhere.
    Auto,
    /// A JSON object a line.
    Json,
    /// Text with colours.
    Pretty,
}

/// A secret from its value or its file.
///
/// # Errors
/// When there is neither, or the file cannot be read.
pub fn secret(
    value: Option<&SecretString>,
    file: Option<&PathBuf>,
    name: &str,
) -> anyhow::Result<SecretString> {
    match (value, file) {
        (Some(value), _) => Ok(value.clone()),
        (None, Some(file)) => {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("{name}_FILE: cannot read {}", file.display()))?;
            Ok(text.trim().into())
        }
        (None, None) => anyhow::bail!("set {name} or {name}_FILE"),
    }
}

/// The same for a secret that may be missing.
///
/// # Errors
/// When the file cannot be read.
pub fn optional_secret(
    value: Option<&SecretString>,
    file: Option<&PathBuf>,
    name: &str,
) -> anyhow::Result<Option<SecretString>> {
    if value.is_none() && file.is_none() {
        return Ok(None);
    }
    secret(value, file, name).map(Some)
}

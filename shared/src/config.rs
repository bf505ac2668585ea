//! Sections of configuration. A crate's `Config` flattens those it needs, and `--help` lists them.
//!
//! Everything is a flag or an environment variable; a secret may also be a file, named by the same
//! variable with `_FILE`, as Docker and Kubernetes mount it.

use std::{
    collections::HashMap,
    env,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    str::FromStr,
};

use anyhow::{Context, ensure};
use clap::{Args, Command, CommandFactory, Parser, ValueEnum};
use http::Uri;
use secrecy::SecretString;

use crate::Service;
#[cfg(feature = "time-zone")]
pub use crate::chapter_time::ChapterTime;

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

/// What every service is configured with.
#[derive(Debug, Clone, Args)]
pub struct ServiceConfig {
    /// The address to listen on: without it, the service's own port on the loopback address.
    #[arg(long, env = "LISTEN")]
    pub listen: Option<SocketAddr>,
    /// Where other services are that do not listen at their own ports on this machine: name=url,
    /// separated by commas.
    #[arg(long, env = "PEERS", default_value = "")]
    pub peers: PeerUrls,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a section")]
    pub db: DbConfig,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a section")]
    pub identity: IdentityConfig,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a section")]
    pub telemetry: TelemetryConfig,
}

impl ServiceConfig {
    /// Where `service` listens.
    pub fn listen(&self, service: Service) -> SocketAddr {
        self.listen.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, service.port).into())
    }
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

/// Where other services are, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeerUrls(HashMap<String, Uri>);

impl PeerUrls {
    /// The URL of a service, `http://host:port`.
    pub fn get(&self, name: &str) -> Option<&Uri> {
        self.0.get(name)
    }

    /// Says where a service is, unless that is said already.
    ///
    /// # Errors
    /// When the URL is not of the form `http://host:port`.
    pub fn or_insert(&mut self, name: &str, url: &str) -> anyhow::Result<()> {
        let url = base_url(url).with_context(|| format!("the URL of {name}"))?;
        self.0.entry(name.to_owned()).or_insert(url);
        Ok(())
    }

    /// Every name with its URL.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Uri)> {
        self.0.iter().map(|(name, url)| (name.as_str(), url))
    }
}

impl FromStr for PeerUrls {
    type Err = anyhow::Error;

    /// Reads `name=url` pairs, separated by commas.
    fn from_str(text: &str) -> anyhow::Result<Self> {
        let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
        let urls = pairs.map(|pair| {
            let (name, url) = pair.trim().split_once('=').context("a peer is name=url")?;
            let url = base_url(url).with_context(|| format!("the URL of {name}"))?;
            Ok((name.to_owned(), url))
        });
        Ok(Self(urls.collect::<anyhow::Result<_>>()?))
    }
}

/// Reads the base URL of a program of Grove. They talk HTTP among themselves, in networks of their own.
///
/// # Errors
/// When it is not of the form `http://host:port`.
pub fn base_url(text: &str) -> anyhow::Result<Uri> {
    let url: Uri = text.trim_end_matches('/').parse().context("it is malformed")?;
    let is_base = url.scheme_str() == Some("http")
        && url.host().is_some_and(|host| !host.is_empty())
        && url.path_and_query().is_none_or(|path| path == "/");
    ensure!(is_base, "{text} is not of the form http://host:port");
    Ok(url)
}

/// What is logged, and how.
#[derive(Debug, Clone, Args)]
pub struct TelemetryConfig {
    /// Which events are logged, in the form of tracing's `EnvFilter`: `info`, or `warn,grove_outbox=debug`.
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
    pub otlp_endpoint: Option<Uri>,
    /// The same, under its usual name.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", hide = true)]
    pub otel_exporter_otlp_endpoint: Option<Uri>,
}

impl TracesConfig {
    /// The base URL of the collector.
    pub fn endpoint(&self) -> Option<&Uri> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_a_name_and_a_base_url() {
        let peers: PeerUrls = "auth=http://auth:8008, users=http://[::1]:8001/,".parse().unwrap();
        assert_eq!(peers.get("auth").unwrap().authority().unwrap(), "auth:8008");
        assert_eq!(peers.get("users").unwrap().authority().unwrap(), "[::1]:8001");
        assert_eq!(peers.get("groups"), None);
        for wrong in ["auth", "auth=", "auth=auth:8008", "auth=https://auth", "auth=http://a/b"] {
            assert!(wrong.parse::<PeerUrls>().is_err(), "{wrong}");
        }
    }
}

//! Where the campus directory is, and what in it is the chapter's.

use std::{fmt, net::IpAddr, path::Path, sync::Arc};

use anyhow::{Context, ensure};
use grove_directory_api::Protection;
use grove_shared::reload::Reloaded;
use rustls::ClientConfig;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::tls;
use crate::config::DirectoryConfig;

/// What was configured, and makes sense.
pub(super) struct Settings {
    pub(super) url: Url,
    pub(super) protection: Protection,
    pub(super) tls: Arc<ClientConfig>,
    pub(super) bind_dn: String,
    pub(super) bind_password: Reloaded<SecretString>,
    pub(super) user_base_dn: String,
    pub(super) user_attribute: String,
    pub(super) group_dn: String,
    pub(super) member_attribute: String,
}

impl Settings {
    /// Reads the configuration; nothing when there is no directory.
    pub(super) fn new(config: &DirectoryConfig) -> anyhow::Result<Option<Self>> {
        let url = config.directory_url.trim();
        if url.is_empty() {
            return Ok(None);
        }
        let url = Url::parse(url).context("DIRECTORY_URL is malformed")?;
        Ok(Some(Self {
            protection: protection(&url, config.directory_allow_plain)?,
            url,
            tls: tls::config(Path::new(config.directory_ca_file.trim()))?,
            bind_dn: required("DIRECTORY_BIND_DN", &config.directory_bind_dn)?,
            bind_password: password(config)?,
            user_base_dn: required("DIRECTORY_USER_BASE_DN", &config.directory_user_base_dn)?,
            user_attribute: attribute(&config.directory_user_attribute)?,
            group_dn: required("DIRECTORY_GROUP_DN", &config.directory_group_dn)?,
            member_attribute: attribute(&config.directory_member_attribute)?,
        }))
    }
}

fn protection(url: &Url, allow_plain: bool) -> anyhow::Result<Protection> {
    let host = url.host_str().unwrap_or_default();
    ensure!(!host.is_empty(), "DIRECTORY_URL names no host");
    let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let is_local = host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback());
    match (url.scheme(), allow_plain) {
        ("ldaps", _) => Ok(Protection::Ldaps),
        ("ldap", false) => Ok(Protection::StartTls),
        ("ldap", true) => {
            ensure!(is_local, "DIRECTORY_ALLOW_PLAIN is for a directory on this machine only");
            Ok(Protection::Plain)
        }
        _ => anyhow::bail!("DIRECTORY_URL begins with ldaps:// or ldap://"),
    }
}

fn required(name: &str, value: &str) -> anyhow::Result<String> {
    let value = value.trim();
    ensure!(!value.is_empty(), "set {name}, too, or no DIRECTORY_URL");
    Ok(value.to_owned())
}

/// Reads the name of an attribute (RFC 4512, section 2.5), which is put into filters as it is.
fn attribute(name: &str) -> anyhow::Result<String> {
    let name = name.trim();
    let valid = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    ensure!(valid, "{name:?} is no name of an attribute");
    Ok(name.to_owned())
}

/// The password of the account. With an empty one a server would let us in as nobody (RFC 4513,
/// section 5.1.2), and refuse every change afterwards.
fn password(config: &DirectoryConfig) -> anyhow::Result<Reloaded<SecretString>> {
    let check = |text: &str| {
        ensure!(!text.is_empty(), "DIRECTORY_BIND_PASSWORD is empty");
        Ok(SecretString::from(text))
    };
    match (&config.directory_bind_password, &config.directory_bind_password_file) {
        (Some(password), _) => check(password.expose_secret()).map(Reloaded::fixed),
        (None, Some(file)) => Reloaded::from_file(file.clone(), check),
        (None, None) => {
            anyhow::bail!("set DIRECTORY_BIND_PASSWORD or DIRECTORY_BIND_PASSWORD_FILE, too")
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("url", &self.url.as_str())
            .field("protection", &self.protection)
            .field("bind_dn", &self.bind_dn)
            .field("user_base_dn", &self.user_base_dn)
            .field("group_dn", &self.group_dn)
            .finish_non_exhaustive()
    }
}

//! The campus directory: an LDAP server with the people of the campus and the chapter's group.
//!
//! Each task opens a connection of its own, so that a server that comes back is used at once. Nothing
//! here waits without a limit.

mod name;
mod session;
mod tls;

use std::{fmt, net::IpAddr, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use grove_shared::reload::Reloaded;
use ldap3::{LdapConnAsync, LdapConnSettings};
use rustls::ClientConfig;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use crate::config::DirectoryConfig;

pub(crate) use name::key;
pub(crate) use session::{Change, Session};

/// How long the server may take to accept a connection, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long it may take for one operation.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(5);

/// A directory that is configured.
#[derive(Debug, Clone)]
pub struct Campus(Arc<Settings>);

struct Settings {
    url: Url,
    protection: Protection,
    tls: Arc<ClientConfig>,
    bind_dn: String,
    bind_password: Reloaded<SecretString>,
    user_base_dn: String,
    user_attribute: String,
    group_dn: String,
    member_attribute: String,
}

/// How what is sent is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Protection {
    /// TLS from the beginning.
    Ldaps,
    /// TLS before anything else is said.
    StartTls,
    /// None, on this machine.
    Plain,
}

impl Campus {
    /// The directory of the configuration, if there is one.
    ///
    /// # Errors
    /// When the configuration is incomplete or would send the password in the clear.
    pub fn new(config: &DirectoryConfig) -> anyhow::Result<Option<Self>> {
        let url = config.directory_url.trim();
        if url.is_empty() {
            return Ok(None);
        }
        let url = Url::parse(url).context("DIRECTORY_URL is malformed")?;
        let settings = Settings {
            protection: protection(&url, config.directory_allow_plain)?,
            url,
            tls: tls::config(Path::new(config.directory_ca_file.trim()))?,
            bind_dn: required("DIRECTORY_BIND_DN", &config.directory_bind_dn)?,
            bind_password: password(config)?,
            user_base_dn: required("DIRECTORY_USER_BASE_DN", &config.directory_user_base_dn)?,
            user_attribute: attribute(&config.directory_user_attribute)?,
            group_dn: required("DIRECTORY_GROUP_DN", &config.directory_group_dn)?,
            member_attribute: attribute(&config.directory_member_attribute)?,
        };
        Ok(Some(Self(Arc::new(settings))))
    }

    /// How the connection is protected.
    pub(crate) fn protection(&self) -> Protection {
        self.0.protection
    }

    /// Connects and binds.
    pub(crate) async fn open(&self) -> Result<Session, ldap3::LdapError> {
        let settings = LdapConnSettings::new()
            .set_conn_timeout(CONNECT_TIMEOUT)
            .set_starttls(self.0.protection == Protection::StartTls)
            .set_config(self.0.tls.clone());
        let (connection, mut ldap) =
            LdapConnAsync::from_url_with_settings(settings, &self.0.url).await?;
        let driver = tokio::spawn(async move {
            // What fails here, fails the operation that waits for it, too.
            let _ = connection.drive().await;
        });
        let driver = AbortOnDropHandle::new(driver);
        let password = self.0.bind_password.get();
        ldap.with_timeout(OPERATION_TIMEOUT)
            .simple_bind(&self.0.bind_dn, password.expose_secret())
            .await?
            .success()?;
        Ok(Session::new(self.clone(), ldap, driver))
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

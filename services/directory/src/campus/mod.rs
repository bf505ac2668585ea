//! The campus directory: an LDAP server with the people of the campus and the chapter's group.
//!
//! Each task opens a connection of its own, so that a server that comes back is used at once. Nothing
//! here waits without a limit.

mod name;
mod session;
mod settings;
mod tls;

use std::{sync::Arc, time::Duration};

use grove_directory_api::Protection;
use ldap3::{LdapConnAsync, LdapConnSettings};
use secrecy::ExposeSecret;
use tokio_util::task::AbortOnDropHandle;

use self::settings::Settings;
use crate::config::DirectoryConfig;

pub(crate) use name::{begins_with, key};
pub(crate) use session::{Change, Session};

/// How long the server may take to accept a connection, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// A directory that is configured.
#[derive(Debug, Clone)]
pub struct Campus(Arc<Settings>);

impl Campus {
    /// The directory of the configuration, if there is one.
    ///
    /// # Errors
    /// When the configuration is incomplete or would send the password in the clear.
    pub fn new(config: &DirectoryConfig) -> anyhow::Result<Option<Self>> {
        Ok(Settings::new(config)?.map(|settings| Self(Arc::new(settings))))
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
        ldap.with_timeout(session::OPERATION_TIMEOUT)
            .simple_bind(&self.0.bind_dn, password.expose_secret())
            .await?
            .success()?;
        Ok(Session::new(self.0.clone(), ldap, driver))
    }
}

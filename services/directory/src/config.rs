//! What the directory service is configured with.

use std::path::PathBuf;

use clap::{Args, Parser};
use grove_shared::config::{ChapterTime, ServiceConfig};
use secrecy::SecretString;

/// Members' entries in the chapter's group of the campus directory (LDAP, Active Directory).
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Config {
    #[command(flatten)]
    #[expect(missing_docs, reason = "what every service has")]
    pub service: ServiceConfig,
    #[command(flatten)]
    #[expect(missing_docs, reason = "described by its type")]
    pub directory: DirectoryConfig,
    #[command(flatten)]
    #[expect(missing_docs, reason = "described by its type")]
    pub time: ChapterTime,
}

impl AsRef<ServiceConfig> for Config {
    fn as_ref(&self) -> &ServiceConfig {
        &self.service
    }
}

/// Where the campus directory is, and what in it is the chapter's.
#[derive(Debug, Clone, Args)]
pub struct DirectoryConfig {
    /// The directory server, `ldaps://host` or `ldap://host`, which is used with `StartTLS`. Without it
    /// changes are recorded and wait.
    #[arg(long, env = "DIRECTORY_URL", default_value = "")]
    pub directory_url: String,
    /// The DN of the account that may change the group.
    #[arg(long, env = "DIRECTORY_BIND_DN", default_value = "")]
    pub directory_bind_dn: String,
    /// Its password.
    #[arg(long, env = "DIRECTORY_BIND_PASSWORD", hide_env_values = true)]
    pub directory_bind_password: Option<SecretString>,
    /// File that holds the password; it is read again when it changes.
    #[arg(long, env = "DIRECTORY_BIND_PASSWORD_FILE")]
    pub directory_bind_password_file: Option<PathBuf>,
    /// The DN below which the people of the campus are.
    #[arg(long, env = "DIRECTORY_USER_BASE_DN", default_value = "")]
    pub directory_user_base_dn: String,
    /// The DN of the chapter's group.
    #[arg(long, env = "DIRECTORY_GROUP_DN", default_value = "")]
    pub directory_group_dn: String,
    /// The attribute of a person that is the NetID; in Active Directory `sAMAccountName`.
    #[arg(long, env = "DIRECTORY_USER_ATTRIBUTE", default_value = "cn")]
    pub directory_user_attribute: String,
    /// The attribute of the group that lists its members' DNs.
    #[arg(long, env = "DIRECTORY_MEMBER_ATTRIBUTE", default_value = "member")]
    pub directory_member_attribute: String,
    /// A file with certificates, in PEM, that are trusted beside those of the system.
    #[arg(long, env = "DIRECTORY_CA_FILE", default_value = "")]
    pub directory_ca_file: String,
    /// Lets `ldap://` go without TLS, to this machine only.
    #[arg(long, env = "DIRECTORY_ALLOW_PLAIN")]
    pub directory_allow_plain: bool,
}

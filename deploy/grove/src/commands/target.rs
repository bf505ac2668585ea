//! Which chapter a command works on.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use grove_shared::config;
use secrecy::{ExposeSecret, SecretString};

use crate::schema::DatabaseServer;

/// Where `grove run` keeps what the other commands need to know while it runs.
pub(crate) const RUN_FOLDER: &str = "data/run";
/// The file in [`RUN_FOLDER`] with the URL of the database that runs.
pub(crate) const DATABASE_FILE: &str = "database-url";

/// Which database a command works on: the one given here, else that of the chapter that runs.
#[derive(Debug, Clone, Args)]
pub(crate) struct Target {
    /// The server, under an account that may use all schemas: `mysql://user:password@host:port`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<SecretString>,
    /// File that holds the URL of the server.
    #[arg(long, env = "DATABASE_URL_FILE")]
    database_url_file: Option<PathBuf>,
}

impl Target {
    /// The server to work on.
    pub(crate) fn server(&self) -> anyhow::Result<DatabaseServer> {
        let running = PathBuf::from(RUN_FOLDER).join(DATABASE_FILE);
        let file = self.database_url_file.clone().or_else(|| running.exists().then_some(running));
        let url = config::secret(self.database_url.as_ref(), file.as_ref(), "DATABASE_URL")
            .context("no chapter runs in this folder")?;
        DatabaseServer::new(url.expose_secret())
    }
}

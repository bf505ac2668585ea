//! Prepares a chapter: secrets, schemas, accounts of the database, the first officer.
//!
//! It knows the schemas from `migrations/` and no service's code, so that an edit of a service changes
//! the image of that service alone. What it writes into their tables, the services read;
//! `deploy/grove/tests/e2e` proves that they agree.

mod backup;
pub mod console;
mod first_officer;
mod folder;
mod owners;
mod rights;
mod schema;
mod secrets;
mod setup;
mod website;

use std::net::SocketAddr;

use anyhow::ensure;
use clap::Parser;
use grove_http::health;

pub use owners::{OWNERS, Owner};
pub use schema::DatabaseServer;
pub use secrets::Secrets;
pub use setup::Setup;

/// Prepares a chapter whose programs run in containers of their own.
#[derive(Debug, Parser)]
#[command(name = "grove-setup", version)]
pub enum Cli {
    /// Makes what is missing of passwords, keys and folders.
    Secrets(Secrets),
    /// Makes schemas and accounts, migrates, and says where the website is.
    Setup(Box<Setup>),
    /// Ends with 0 if the `setup` that stays at this address is done, else with 1.
    Healthcheck {
        /// Where it answers.
        #[arg(long, env = "LISTEN")]
        listen: SocketAddr,
    },
}

impl Cli {
    /// Does what was asked for.
    ///
    /// # Errors
    /// When it cannot be done; the error says what to do about it.
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Secrets(secrets) => secrets.run(),
            Self::Setup(setup) => setup.run().await,
            Self::Healthcheck { listen } => {
                ensure!(health::is_ready(listen)?, "setup is not ready");
                Ok(())
            }
        }
    }
}

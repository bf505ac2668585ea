//! The commands, a module each.

pub mod account;
pub mod all;
pub mod client;
pub mod console;
pub mod doctor;
pub mod import;
pub mod keys;
pub mod migrate;
pub mod run;
pub mod seed;
mod target;

use clap::{Parser, Subcommand};

pub(crate) use target::Target;

/// Runs a chapter and does what the people who run one need.
///
/// `grove run --demo` serves a whole chapter with invented people on this machine. The other commands
/// work on the database of the chapter that runs, or on the one named by `DATABASE_URL`.
#[derive(Debug, Parser)]
#[command(name = "grove", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Run),
    All(all::All),
    Migrate(migrate::Migrate),
    Seed(seed::Seed),
    #[command(subcommand)]
    Import(import::Import),
    #[command(subcommand)]
    Account(account::Account),
    #[command(subcommand)]
    Client(client::Client),
    Doctor(doctor::Doctor),
    Keys(keys::Keys),
}

impl Cli {
    /// Does what was asked for.
    ///
    /// # Errors
    /// When it cannot be done; the error says what to do about it.
    pub async fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Run(run) => run.run().await,
            Command::All(all) => all.run().await,
            Command::Migrate(migrate) => migrate.run().await,
            Command::Seed(seed) => seed.run().await,
            Command::Import(import) => import.run().await,
            Command::Account(account) => account.run().await,
            Command::Client(client) => client.run().await,
            Command::Doctor(doctor) => doctor.run().await,
            Command::Keys(keys) => keys.run(),
        }
    }
}

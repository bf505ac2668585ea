//! Runs a command beside a throwaway MySQL or MariaDB, which ends with it.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Parser;
use sqlx::{Connection, MySqlConnection, migrate::Migrator};
use tokio::process::Command;

/// Runs a command beside a throwaway MySQL or MariaDB, which ends with it.
#[derive(Debug, Parser)]
struct Args {
    /// Makes a schema with the migrations of this folder, and passes its URL instead of the server's.
    #[arg(long)]
    migrations: Option<PathBuf>,
    /// The environment variable that carries the URL to the command.
    #[arg(long, default_value = "DATABASE_URL")]
    variable: String,
    /// The command and its arguments.
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    let server = grove_throwaway::Server::start().await?;
    let url = match &args.migrations {
        Some(folder) => migrated_schema(server.url(), folder.clone()).await?,
        None => server.url().to_owned(),
    };
    let (program, rest) = args.command.split_first().context("no command")?;
    let status = Command::new(program)
        .args(rest)
        .env(&args.variable, url)
        .status()
        .await
        .with_context(|| format!("cannot run {program}"))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

async fn migrated_schema(server: &str, folder: PathBuf) -> anyhow::Result<String> {
    let mut connection = MySqlConnection::connect(server).await?;
    sqlx::query("CREATE OR REPLACE DATABASE grove_sqlx CHARACTER SET utf8mb4")
        .execute(&mut connection)
        .await
        .context("the queries are prepared on MariaDB")?;
    let url = format!("{server}/grove_sqlx");
    let mut schema = MySqlConnection::connect(&url).await?;
    Migrator::new(folder).await?.run(&mut schema).await?;
    Ok(url)
}

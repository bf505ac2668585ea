//! The command line of arbor, the gateway that this one replaces. It works while a gateway runs.

use std::{
    io::{self, Read, Write},
    net::SocketAddr,
};

use anyhow::bail;
use chrono::TimeDelta;
use clap::{Args, Parser};
use grove_http::stop_on_signal;
use grove_shared::{Clock, db};
use grove_telemetry as telemetry;
use secrecy::ExposeSecret;
use sqlx::MySqlPool;

use crate::{
    MIGRATOR,
    clients::{self, Scope},
    config::Config,
    run,
};

/// The one public door: client tokens, identity, routing, limits.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Cli {
    #[command(flatten)]
    task: Task,
    /// What the client may do beyond calling routes: act-as, forward-address.
    #[arg(long, requires = "register_client", value_delimiter = ',')]
    scopes: Vec<Scope>,
    /// Ends the client's token after this many days.
    #[arg(long, requires = "register_client", value_name = "DAYS")]
    expires_in_days: Option<u32>,
    #[command(flatten)]
    config: Config,
}

/// What to do; without any of these the gateway serves.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct Task {
    /// Makes a token for a client application and prints it.
    #[arg(short, long, value_name = "NAME")]
    register_client: Option<String>,
    /// Prints the name of the client that a token belongs to; `-` reads the token from standard input.
    #[arg(short, long, value_name = "TOKEN")]
    check_registration: Option<String>,
    /// Lists the clients.
    #[arg(short, long)]
    list_clients: bool,
    /// Revokes every token of a client.
    #[arg(short, long, value_name = "NAME")]
    delete_client: Option<String>,
}

impl Cli {
    /// Where the gateway tells whether it is ready.
    pub fn health_address(&self) -> SocketAddr {
        self.config.admin_listen
    }

    /// Does what the arguments say.
    ///
    /// # Errors
    /// When it fails, with a message for people.
    pub async fn execute(self) -> anyhow::Result<()> {
        let Self { task, scopes, expires_in_days, config } = self;
        let mut out = io::stdout().lock();
        match task {
            Task { register_client: Some(name), .. } => {
                let lifetime = expires_in_days.map(|days| TimeDelta::days(days.into()));
                let end = lifetime.map(|lifetime| Clock::system().now() + lifetime);
                let token = clients::register(&open(&config).await?, &name, &scopes, end).await?;
                writeln!(out, "{}", token.expose_secret())?;
            }
            Task { check_registration: Some(token), .. } => {
                match clients::check(&open(&config).await?, &argument(token)?).await? {
                    Some(name) => writeln!(out, "{name}")?,
                    None => bail!("no client has this token"),
                }
            }
            Task { list_clients: true, .. } => {
                for client in clients::list(&open(&config).await?).await? {
                    writeln!(out, "{client}")?;
                }
            }
            Task { delete_client: Some(name), .. } => {
                if clients::remove(&open(&config).await?, &name).await? == 0 {
                    bail!("there is no client {name}");
                }
            }
            Task { .. } => {
                drop(out);
                telemetry::init(&config.telemetry)?;
                let ended = run(config, stop_on_signal()?).await;
                telemetry::flush().await;
                ended?;
            }
        }
        Ok(())
    }
}

async fn open(config: &Config) -> anyhow::Result<MySqlPool> {
    let db = db::connect(&config.db)?;
    db::migrate(&db, &MIGRATOR).await?;
    Ok(db)
}

/// A secret given as an argument is visible to every user of the machine; `-` keeps it from them.
fn argument(token: String) -> anyhow::Result<String> {
    if token != "-" {
        return Ok(token);
    }
    let mut token = String::new();
    io::stdin().read_to_string(&mut token)?;
    Ok(token.trim().to_owned())
}

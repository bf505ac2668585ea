//! `grove client`

use std::{io::Read, time::Duration};

use anyhow::{Context, ensure};
use clap::{Args, Subcommand};
use grove_gateway::clients::{self, Scope};
use grove_shared::Clock;
use secrecy::ExposeSecret;

use super::{Target, console};

/// Makes and ends the tokens of client applications.
#[derive(Debug, Subcommand)]
pub enum Client {
    /// Makes a token and prints it; it cannot be shown again.
    Add(Add),
    /// Lists clients, their scopes and when they were last used.
    List(List),
    /// Reads a token from standard input and prints the client's name.
    Check(Check),
    /// Makes a new token; the old ones end after the overlap.
    Rotate(Rotate),
    /// Ends all tokens of a client.
    Remove(Remove),
}

/// Makes a token and prints it; it cannot be shown again.
#[derive(Debug, Args)]
pub struct Add {
    /// What the application is called: letters, digits, hyphens, dots and underscores.
    name: String,
    /// act-as: may speak for members without a session. forward-address: may say for which address
    /// it speaks. May be repeated.
    #[arg(long = "scope")]
    scopes: Vec<Scope>,
    /// Ends the token after this many days.
    #[arg(long)]
    expires_in_days: Option<u32>,
    #[command(flatten)]
    target: Target,
}

/// Lists clients, their scopes and when they were last used.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    target: Target,
}

/// Reads a token from standard input and prints the client's name.
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    target: Target,
}

/// Makes a new token; the old ones end after the overlap.
#[derive(Debug, Args)]
pub struct Rotate {
    /// The client.
    name: String,
    /// For how many hours the old tokens go on.
    #[arg(long, default_value_t = 24)]
    overlap_hours: u32,
    #[command(flatten)]
    target: Target,
}

/// Ends all tokens of a client.
#[derive(Debug, Args)]
pub struct Remove {
    /// The client.
    name: String,
    #[command(flatten)]
    target: Target,
}

impl Client {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.run().await,
            Self::List(list) => {
                let db = list.target.server()?.open("gateway")?;
                for client in clients::list(&db).await? {
                    console::say(&line(&client));
                }
                Ok(())
            }
            Self::Check(check) => {
                let db = check.target.server()?.open("gateway")?;
                let mut token = String::new();
                std::io::stdin().read_to_string(&mut token)?;
                let name = clients::check(&db, token.trim()).await?;
                console::say(&name.context("no client has this token")?);
                Ok(())
            }
            Self::Rotate(rotate) => {
                let db = rotate.target.server()?.open("gateway")?;
                let overlap = Duration::from_hours(rotate.overlap_hours.into());
                let token = clients::rotate(&db, &rotate.name, overlap).await?;
                console::say(token.expose_secret());
                Ok(())
            }
            Self::Remove(remove) => {
                let db = remove.target.server()?.open("gateway")?;
                let removed = clients::remove(&db, &remove.name).await?;
                ensure!(removed > 0, "there is no client {}", remove.name);
                console::say(&format!("{} has no token any more.", remove.name));
                Ok(())
            }
        }
    }
}

impl Add {
    async fn run(self) -> anyhow::Result<()> {
        let db = self.target.server()?.open("gateway")?;
        ensure!(self.expires_in_days != Some(0), "a token lives at least a day");
        let expires = self
            .expires_in_days
            .map(|days| Clock::system().now() + chrono::TimeDelta::days(days.into()));
        let token = clients::register(&db, &self.name, &self.scopes, expires).await?;
        console::say(token.expose_secret());
        Ok(())
    }
}

fn line(client: &clients::Client) -> String {
    let scopes: Vec<_> = client.scopes.iter().map(|scope| scope.as_str()).collect();
    let scopes = if scopes.is_empty() { "no scopes".to_owned() } else { scopes.join(", ") };
    let day = |time: Option<chrono::DateTime<chrono::Utc>>, none: &str| {
        time.map_or_else(|| none.to_owned(), |time| time.format("%Y-%m-%d %H:%M").to_string())
    };
    format!(
        "{:24} {scopes:24} last used {}, ends {}",
        client.name,
        day(client.last_used_at, "never"),
        day(client.expires_at, "never")
    )
}

//! Runs the gateway, or administers its clients.

use clap::Parser;
use grove_gateway::Cli;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    Cli::parse().execute().await
}

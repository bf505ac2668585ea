//! Runs the gateway, or administers its clients.

use grove_gateway::Cli;
use grove_shared::health;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    health::parse(Cli::health_address).execute().await
}

//! Runs the gateway, or administers its clients.

use grove_gateway::Cli;
use grove_http::health;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    health::parse(Cli::health_address).execute().await
}

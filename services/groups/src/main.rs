//! Runs the groups service.

use clap::Parser;
use grove_groups::{Config, run};
use grove_shared::{server, telemetry};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::parse();
    telemetry::init(&config.telemetry)?;
    run(config, server::stop_on_signal()?).await
}

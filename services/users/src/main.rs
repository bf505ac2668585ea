//! Runs the users service.

use clap::Parser;
use grove_shared::{server, telemetry};
use grove_users::{Config, run};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::parse();
    telemetry::init(&config.telemetry)?;
    run(config, server::stop_on_signal()?).await
}

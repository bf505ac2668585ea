//! Runs the website.

use clap::Parser;
use grove_frontend::{Config, run};
use grove_shared::{server, telemetry};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::parse();
    telemetry::init(&config.telemetry)?;
    run(config, server::stop_on_signal()?).await
}

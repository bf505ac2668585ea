//! Runs a vending machine that exists in memory only.

use grove_shared::{health, server, telemetry};
use grove_vending_machine::{Config, run};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = health::parse(|config: &Config| config.listen);
    telemetry::init(&config.telemetry)?;
    run(config, server::stop_on_signal()?).await
}

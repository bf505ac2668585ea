//! Runs a vending machine that exists in memory only.

use grove_http::{health, stop_on_signal};
use grove_vending_machine::{Config, run};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = health::parse(|config: &Config| config.listen);
    grove_telemetry::init(&config.telemetry)?;
    run(config, stop_on_signal()?).await
}

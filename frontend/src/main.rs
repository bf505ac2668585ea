//! Runs the website.

use grove_frontend::{Config, run};
use grove_http::{health, stop_on_signal};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = health::parse(|config: &Config| config.listen);
    grove_telemetry::init(&config.telemetry)?;
    run(config, stop_on_signal()?).await
}

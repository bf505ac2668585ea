//! Runs the notifications service.

use grove_notifications::{Config, run};
use grove_shared::{health, server, telemetry};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = health::parse(|config: &Config| config.listen);
    telemetry::init(&config.telemetry)?;
    run(config, server::stop_on_signal()?).await
}

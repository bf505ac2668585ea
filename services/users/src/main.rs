//! Runs the users service.

use grove_shared::{health, server, telemetry};
use grove_users::{Config, run};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = health::parse(|config: &Config| config.listen);
    telemetry::init(&config.telemetry)?;
    run(config, server::stop_on_signal()?).await
}

//! Runs the {{name}} service.

use grove_{{name}}::{Config, run};
use grove_shared::{health, server, telemetry};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = health::parse(|config: &Config| config.listen);
    telemetry::init(&config.telemetry)?;
    run(config, server::stop_on_signal()?).await
}

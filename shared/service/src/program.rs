//! What every program does that runs one service: reads its configuration, runs, and ends when it is told.

use clap::Parser;
use grove_http::{health, stop_on_signal};
use grove_shared::{self as shared, config::ServiceConfig};
use tokio_util::sync::CancellationToken;

use crate::Service;

/// The main function of the program of `name`: reads the configuration, and runs the service that `build`
/// makes of it until SIGTERM or Ctrl-C. With `--healthcheck` it asks the program that runs whether it is
/// ready, and ends.
///
/// # Errors
/// As [`run`].
pub fn main<C>(
    name: shared::Service,
    build: fn(&C) -> anyhow::Result<Service>,
) -> anyhow::Result<()>
where
    C: Parser + AsRef<ServiceConfig>,
{
    let config: C = health::parse(|config: &C| config.as_ref().listen(name));
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        grove_telemetry::init(&config.as_ref().telemetry)?;
        let ended = run(&config, build, stop_on_signal()?).await;
        grove_telemetry::flush().await;
        ended
    })
}

/// Runs the service that `build` makes of a configuration until `stop` is cancelled.
///
/// # Errors
/// When the configuration is incomplete, a migration fails or the address is taken.
pub async fn run<C: AsRef<ServiceConfig>>(
    config: &C,
    build: fn(&C) -> anyhow::Result<Service>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let service = build(config)?;
    let listen = config.as_ref().listen(service.name());
    service.run(listen, stop).await
}

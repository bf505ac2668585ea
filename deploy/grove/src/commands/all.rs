//! `grove all`

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use anyhow::ensure;
use clap::Args;
use grove_http::{health, stop_on_signal};
use grove_shared::config::TracesConfig;
use grove_telemetry::traces;

use crate::{Chapter, ports::Ports};

/// Runs every program of a chapter in this process, until it is told to end.
///
/// For a machine in use: the accounts and keys are those of `grove-setup`, and the schemas are up to
/// date. The website listens on port 5000 and the gateway on 8000 of every interface, everything else
/// on the loopback one. What can be set is in the environment, as for programs of their own.
#[derive(Debug, Args)]
pub struct All {
    /// The folder that `grove-setup secrets` filled.
    #[arg(long, env = "SECRETS", default_value = "/run/secrets")]
    secrets: PathBuf,
    /// Which events are logged, in the form of tracing's `EnvFilter`.
    #[arg(long, env = "LOG", default_value = "info")]
    log: String,
    #[command(flatten)]
    traces: TracesConfig,
    /// Asks the programs that run whether all are ready, and ends.
    #[arg(long)]
    healthcheck: bool,
}

impl All {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        if self.healthcheck {
            return check();
        }
        let stop = stop_on_signal()?;
        traces::start(&self.traces)?;
        let mut ports = Ports::usual();
        for name in ["frontend", "gateway"] {
            let port = ports.of(name)?.port();
            ports.set(name, SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)));
        }
        let mut chapter = Chapter::start_from(self.secrets, ports, &self.log).await?;
        let outcome = tokio::select! {
            () = stop.cancelled() => Ok(()),
            failure = chapter.failure() => Err(failure),
        };
        chapter.stop().await;
        outcome
    }
}

fn check() -> anyhow::Result<()> {
    let ports = Ports::usual();
    for name in ports.programs() {
        ensure!(health::is_ready(ports.health_of(name)?).unwrap_or(false), "{name} is not ready");
    }
    Ok(())
}

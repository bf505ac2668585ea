//! `grove mail-catcher`

use std::{net::SocketAddr, path::PathBuf};

use anyhow::ensure;
use clap::Args;
use grove_shared::{
    config::{IdentityConfig, TelemetryConfig},
    health, server, telemetry,
};

use crate::mail_catcher;

/// Takes the mails of a chapter that is only tried out, and writes each to a file.
///
/// It answers in the place of the notifications service.
#[derive(Debug, Args)]
pub struct MailCatcher {
    /// The folder to write to.
    folder: PathBuf,
    /// The address to listen on.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:1122")]
    listen: SocketAddr,
    /// Asks the catcher that runs whether it is ready, and ends: with 0 if it is.
    #[arg(long)]
    healthcheck: bool,
    #[command(flatten)]
    identity: IdentityConfig,
    #[command(flatten)]
    telemetry: TelemetryConfig,
}

impl MailCatcher {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        if self.healthcheck {
            ensure!(health::is_ready(self.listen)?, "the mail catcher is not ready");
            return Ok(());
        }
        telemetry::init(&self.telemetry)?;
        let verifier = self.identity.verifier("notifications")?;
        mail_catcher::run(self.listen, verifier, self.folder, server::stop_on_signal()?).await
    }
}

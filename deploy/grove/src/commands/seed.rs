//! `grove seed`

use clap::Args;
use grove_shared::Clock;

use super::{Target, console};
use crate::demo;

/// Fills the schemas with a believable chapter of invented people.
#[derive(Debug, Args)]
pub struct Seed {
    /// Says that the demo data is wanted; its passwords are public.
    #[arg(long, required = true)]
    demo: bool,
    #[command(flatten)]
    target: Target,
}

impl Seed {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let server = self.target.server()?;
        server.migrate().await?;
        demo::seed(&server, Clock::system().now()).await?;
        console::say(&demo::logins());
        Ok(())
    }
}

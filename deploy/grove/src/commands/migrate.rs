//! `grove migrate`

use clap::Args;

use super::{Target, console};

/// Creates the schemas that are missing and brings all of them up to date.
#[derive(Debug, Args)]
pub struct Migrate {
    #[command(flatten)]
    target: Target,
}

impl Migrate {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        for (owner, migrations) in self.target.server()?.migrate().await? {
            console::say(&format!("{owner}: up to date ({migrations} migrations)"));
        }
        Ok(())
    }
}

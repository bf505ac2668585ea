//! `grove import`

use std::{fs::File, path::PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use grove_groups::Kind;
use grove_shared::{Clock, import::Report};

use super::{Target, console};

/// Takes over the files of the old system. Safe to run twice; says what was skipped and why.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// Members from `active_users.csv`.
    Users(Source),
    /// Quotes from `data.csv` of the quotes service.
    Quotes(Source),
    /// SIGs from `sigs.yaml`.
    Sigs(Source),
    /// Committees from `committees.yaml`.
    Committees(Source),
}

/// The file to read.
#[derive(Debug, Args)]
pub struct Source {
    /// The file.
    file: PathBuf,
    #[command(flatten)]
    target: Target,
}

impl Source {
    fn open(&self) -> anyhow::Result<File> {
        File::open(&self.file).with_context(|| format!("cannot read {}", self.file.display()))
    }

    fn text(&self) -> anyhow::Result<String> {
        std::fs::read_to_string(&self.file)
            .with_context(|| format!("cannot read {}", self.file.display()))
    }
}

impl Import {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let now = Clock::system().now();
        let report: Report = match self {
            Self::Users(source) => {
                let db = source.target.server()?.open("users")?;
                grove_users::import::import_csv(&db, source.open()?, now).await?
            }
            Self::Quotes(source) => {
                let db = source.target.server()?.open("quotes")?;
                grove_quotes::import::import_csv(&db, source.open()?).await?
            }
            Self::Sigs(source) => {
                let db = source.target.server()?.open("groups")?;
                grove_groups::import::import_yaml(&db, Kind::Sigs, &source.text()?, now).await?
            }
            Self::Committees(source) => {
                let db = source.target.server()?.open("groups")?;
                grove_groups::import::import_yaml(&db, Kind::Committees, &source.text()?, now)
                    .await?
            }
        };
        console::say(&report.to_string());
        Ok(())
    }
}

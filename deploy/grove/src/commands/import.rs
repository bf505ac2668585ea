//! `grove import`

use std::{fs::File, io::Read, path::PathBuf};

use anyhow::Context;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use grove_auth::PasswordHashing;
use grove_groups::Kind;
use grove_shared::{Clock, import::Report};

use super::{Target, console};
use crate::schema::DatabaseServer;

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
                let report = users(&source.target.server()?, source.open()?, now).await?;
                console::say("They set a first password at /account/forgot on the website.");
                report
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

/// Takes over members, and makes an account without a password for each, so that a link can be mailed
/// to those who ask for one; nobody gets a mail unasked.
///
/// # Errors
/// When the file has other columns or the database fails.
pub async fn users(
    server: &DatabaseServer,
    file: impl Read,
    now: DateTime<Utc>,
) -> anyhow::Result<Report> {
    let (users, auth) = (server.open("users")?, server.open("auth")?);
    let report = grove_users::import::import_csv(&users, file, now).await?;
    for person in grove_users::admin::everyone(&users, now).await? {
        if !grove_auth::admin::account_exists(&auth, &person.netid).await? {
            let hashing = PasswordHashing::default();
            grove_auth::admin::add_account(&auth, &person, None, &hashing, now).await?;
        }
    }
    Ok(report)
}

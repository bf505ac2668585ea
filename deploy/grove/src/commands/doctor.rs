//! `grove doctor`

mod database;
mod services;

use clap::Args;
use url::Url;

use super::{Target, console};

/// Tells what is wrong with a chapter, and how to mend it.
///
/// In containers: docker compose run --rm grove doctor
#[derive(Debug, Args)]
pub struct Doctor {
    /// Where the website is.
    #[arg(long, env = "WEBSITE_URL", default_value = "http://localhost:5000")]
    website: Url,
    /// The gateway's private address, on which it tells how every service is.
    #[arg(long, env = "GATEWAY_ADMIN_URL", default_value = "http://localhost:8010")]
    gateway_admin: Url,
    #[command(flatten)]
    target: Target,
}

/// What was looked at, and what to do if it is not well.
struct Finding {
    what: String,
    remedy: Option<String>,
}

impl Finding {
    fn good(what: impl Into<String>) -> Self {
        Self { what: what.into(), remedy: None }
    }

    fn bad(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), remedy: Some(remedy.into()) }
    }
}

impl Doctor {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let mut findings = services::look(&self.website, &self.gateway_admin).await?;
        match self.target.server() {
            Ok(server) => findings.extend(database::look(&server).await),
            Err(cause) => findings.push(Finding::bad(
                format!("database: {cause:#}"),
                "start the chapter here (grove run), or set DATABASE_URL",
            )),
        }
        let mut sick = 0;
        for Finding { what, remedy } in findings {
            match remedy {
                None => console::say(&format!("ok    {what}")),
                Some(remedy) => {
                    sick += 1;
                    console::say(&format!("WRONG {what}\n      {remedy}"));
                }
            }
        }
        anyhow::ensure!(sick == 0, "{sick} of the above need attention");
        Ok(())
    }
}

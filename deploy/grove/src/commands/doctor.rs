//! `grove doctor`

use clap::Args;
use grove_shared::peer;
use sqlx::Row;

use super::{Target, console};
use crate::schema::{DatabaseServer, OWNERS, Owner};

/// Tells what is wrong with a chapter, and how to mend it.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Where the website is.
    #[arg(long, default_value = "http://localhost:5000")]
    website: String,
    /// Where the gateway is.
    #[arg(long, default_value = "http://localhost:8000")]
    gateway: String,
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
        let mut findings = vec![
            answers("website", &self.website).await?,
            answers("gateway", &self.gateway).await?,
        ];
        match self.target.server() {
            Ok(server) => findings.extend(database(&server).await),
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

async fn answers(name: &str, url: &str) -> anyhow::Result<Finding> {
    Ok(match peer::http_client()?.get(url).send().await {
        Ok(reply) if reply.status().is_success() => {
            Finding::good(format!("{name} answers at {url}"))
        }
        Ok(reply) => Finding::bad(
            format!("{name} answers {} at {url}", reply.status()),
            format!("its log says why: data/run/logs/{name}.log"),
        ),
        Err(_) => Finding::bad(
            format!("{name} does not answer at {url}"),
            format!("start the chapter (grove run), or say where it is with --{name}"),
        ),
    })
}

async fn database(server: &DatabaseServer) -> Vec<Finding> {
    let mut findings = vec![match server.version().await {
        Ok(version) => Finding::good(format!("the database answers: {version}")),
        Err(cause) => {
            return vec![Finding::bad(
                format!("{cause:#}"),
                "is the server running, and are user and password in DATABASE_URL right?",
            )];
        }
    }];
    for Owner { name: owner, migrator, .. } in OWNERS {
        let known = migrator.iter().count();
        findings.push(match applied(server, owner).await {
            Ok(applied) if applied >= known => Finding::good(format!("{owner}: schema up to date")),
            Ok(applied) => {
                Finding::bad(format!("{owner}: {applied} of {known} migrations"), "grove migrate")
            }
            Err(_) => Finding::bad(format!("{owner}: no schema"), "grove migrate"),
        });
    }
    for owner in ["auth", "users"] {
        if let Ok(dead @ 1..) = dead_effects(server, owner).await {
            findings.push(Finding::bad(
                format!("{owner}: {dead} effects were given up"),
                format!("see last_error in the table outbox of grove_{owner}"),
            ));
        }
    }
    findings
}

async fn applied(server: &DatabaseServer, owner: &str) -> anyhow::Result<usize> {
    let count = "SELECT COUNT(*) FROM _sqlx_migrations WHERE success";
    let row = sqlx::query(count).fetch_one(&server.open(owner)?).await?;
    Ok(usize::try_from(row.try_get::<i64, _>(0)?)?)
}

async fn dead_effects(server: &DatabaseServer, owner: &str) -> anyhow::Result<i64> {
    let count = "SELECT COUNT(*) FROM outbox WHERE dead_at IS NOT NULL";
    Ok(sqlx::query(count).fetch_one(&server.open(owner)?).await?.try_get(0)?)
}

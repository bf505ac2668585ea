//! `grove-setup setup`

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use axum::Router;
use chrono::{DateTime, Utc};
use clap::{Args, builder::FalseyValueParser};
use futures_util::future::try_join_all;
use grove_http::{Readiness, server, stop_on_signal, with_standard_routes};
use grove_shared::{Clock, NetId, config};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::{DatabaseServer, OWNERS, Owner, backup, console, first_officer, secrets, website};

/// How long a database may take to start: a new one makes its files first.
const SERVER_TIMEOUT: Duration = Duration::from_mins(3);
/// How long `grove-setup secrets` may take.
const SECRETS_TIMEOUT: Duration = Duration::from_secs(30);

/// Prepares the database of a chapter in containers, and says where the website is.
///
/// Makes the schemas, runs the migrations, and makes an account for each service with the password
/// of `grove-setup secrets`; gives the website its client token; and as long as no admin can sign in,
/// prints a link with which the first one sets a password. Safe to run at each start.
#[derive(Debug, Args)]
pub struct Setup {
    /// The folder that `grove-setup secrets` filled.
    pub secrets: PathBuf,
    /// The NetID of the first officer.
    #[arg(long, env = "FIRST_OFFICER", default_value = "admin")]
    pub first_officer: NetId,
    /// Where visitors find the website.
    #[arg(long, env = "SITE_URL", default_value = "http://localhost:5000")]
    pub site_url: Url,
    /// Where client applications find the API.
    #[arg(long, env = "API_URL", default_value = "http://localhost:8000")]
    pub api_url: Url,
    /// Demo data follows: nobody needs a link.
    #[arg(long, env = "DEMO", value_parser = FalseyValueParser::new())]
    pub demo: bool,
    /// The server, under an account that may use all schemas: `mysql://user:password@host:port`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<SecretString>,
    /// File that holds the URL of the server.
    #[arg(long, env = "DATABASE_URL_FILE")]
    pub database_url_file: Option<PathBuf>,
    /// Waits for `grove-setup secrets` at first, and stays at the end: answers /readyz at this address
    /// until it is told to stop. So others can wait for it without starting it anew.
    #[arg(long, env = "LISTEN")]
    pub listen: Option<SocketAddr>,
}

impl Setup {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let stop = stop_on_signal()?;
        let database = tokio::select! {
            database = self.database() => database?,
            () = stop.cancelled() => return Ok(()),
        };
        // Not to be cut off: see `DatabaseServer::migrate`.
        let first = self.prepare(&database, Clock::system().now()).await?;
        drop(database);
        let (site, api) = (text(&self.site_url), text(&self.api_url));
        console::say(&format!(
            "Grove is set up.\n\n  Website  {site}\n  API      {api}\n\n{first}"
        ));
        if let Some(address) = self.listen {
            let listener = server::bind(address).await?;
            let routes = with_standard_routes("setup", Router::new(), Readiness::always());
            server::serve(listener, routes, stop).await;
        }
        Ok(())
    }

    /// The database, as soon as it answers.
    async fn database(&self) -> anyhow::Result<DatabaseServer> {
        let begin = Instant::now();
        while self.listen.is_some() && !secrets::are_there(&self.secrets) {
            let waited = begin.elapsed() < SECRETS_TIMEOUT;
            ensure!(waited, "{}: secrets are missing", self.secrets.display());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let (url, file) = (self.database_url.as_ref(), self.database_url_file.as_ref());
        let url = config::secret(url, file, "DATABASE_URL")?;
        let server = DatabaseServer::new(url.expose_secret())?;
        server.wait(SERVER_TIMEOUT).await?;
        Ok(server)
    }

    /// Prepares the database; returns what a person who has just started the chapter does next.
    ///
    /// # Errors
    /// When the account may not, a migration fails, or a secret is missing.
    pub async fn prepare(
        &self,
        server: &DatabaseServer,
        now: DateTime<Utc>,
    ) -> anyhow::Result<String> {
        server.migrate().await?;
        let accounts = OWNERS.iter().map(|owner| async {
            set_account(server, owner, &self.secrets.join(owner.name)).await
        });
        let password = self.secrets.join("setup").join(backup::PASSWORD);
        let password = config::secret(None, Some(&password), "the password of the backup")?;
        let (gateway, folder) = (server.open("gateway")?, self.secrets.join("frontend"));
        tokio::try_join!(
            try_join_all(accounts),
            server.set_backup_account(&password),
            website::register(&gateway, &folder, now),
        )?;
        if self.demo {
            return Ok("The demo's people sign in there: docker compose logs demo\n".to_owned());
        }
        let netid = &self.first_officer;
        Ok(match first_officer::ensure(server, netid, now).await? {
            None => "Officers sign in there.\n".to_owned(),
            Some(token) => format!(
                "The first officer is {netid}, who sets a password, once and within 72 hours, at\n\
                 {}/account/password?token={}\n",
                text(&self.site_url),
                token.expose_secret()
            ),
        })
    }
}

fn text(url: &Url) -> &str {
    url.as_str().trim_end_matches('/')
}

/// Makes the account of a service as the files in `folder` say. A password that is to take the place of
/// the present one does so; the present one is good until the next run.
async fn set_account(server: &DatabaseServer, owner: &Owner, folder: &Path) -> anyhow::Result<()> {
    let file = |name: &str| folder.join(name);
    let (present, next, previous) =
        (file("database-url"), file("database-url.next"), file("database-url.previous"));
    let now = password(&present)?;
    if next.exists() {
        server.set_account(owner, &now, None).await?;
        server.set_account(owner, &password(&next)?, Some(&now)).await?;
        fs::copy(&present, &previous)?;
        return Ok(fs::rename(&next, &present)?);
    }
    if !previous.exists() && server.opens(owner, &now).await? {
        return server.set_rights(owner).await;
    }
    server.set_account(owner, &now, None).await?;
    if previous.exists() {
        fs::remove_file(&previous)?;
    }
    Ok(())
}

/// The password in the URL of a schema that a file holds.
fn password(file: &Path) -> anyhow::Result<SecretString> {
    let url = config::secret(None, Some(&file.to_owned()), "DATABASE_URL")?;
    let url = Url::parse(url.expose_secret());
    let url = url.with_context(|| format!("{} holds no URL", file.display()))?;
    Ok(url.password().with_context(|| format!("{} has no password", file.display()))?.into())
}

//! A whole chapter in one process: every service, the gateway and the website, each on its thread.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use clap::Parser;
use grove_shared::{
    config::DbConfig,
    identity::{GATEWAY, SigningKey, Verifier},
    peer,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_util::sync::CancellationToken;

use crate::{
    mail_catcher,
    ports::Ports,
    process::{self, Ended, Running},
    schema::{DatabaseServer, OWNERS},
};

/// The client application that the website is.
pub const WEBSITE_CLIENT: &str = "website";

const START_TIMEOUT: Duration = Duration::from_secs(30);
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// What a chapter is started with.
#[derive(Debug)]
pub struct Options {
    /// The server that holds the schemas, which exist and are up to date.
    pub database: DatabaseServer,
    /// Where each program listens.
    pub ports: Ports,
    /// The folder for logs and caught mails.
    pub folder: PathBuf,
    /// Which events are logged, as tracing's `EnvFilter` reads it.
    pub log: String,
}

/// A chapter that runs.
#[derive(Debug)]
pub struct Chapter {
    ports: Ports,
    folder: PathBuf,
    stop: CancellationToken,
    running: Vec<Running>,
    ended: UnboundedReceiver<Ended>,
}

impl Chapter {
    /// Starts everything and waits until all of it is ready.
    ///
    /// # Errors
    /// When a program cannot start: its port is taken, or its log says why.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let logs = options.folder.join("logs");
        std::fs::create_dir_all(&logs)?;
        let databases = options.database.provision().await?;
        let website_token = register_website(&options.database).await?;
        let settings = Settings::new(databases, options.ports.clone());
        let (sender, ended) = unbounded_channel();
        let mut chapter = Self {
            ports: options.ports,
            folder: options.folder,
            stop: CancellationToken::new(),
            running: Vec::new(),
            ended,
        };
        let started = settings.start_all(&mut chapter, &website_token, |chapter, name, program| {
            let running = process::start(name, &logs, &options.log, sender.clone(), program)?;
            chapter.running.push(running);
            Ok(())
        });
        drop(sender);
        let ready = match started {
            Ok(()) => chapter.wait_until_ready().await,
            Err(cause) => Err(cause),
        };
        match ready {
            Ok(()) => Ok(chapter),
            Err(cause) => {
                chapter.stop().await;
                Err(cause)
            }
        }
    }

    /// Where each program listens.
    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    /// The folder of caught mails.
    pub fn mails(&self) -> PathBuf {
        self.folder.join("mail")
    }

    /// The folder of the logs.
    pub fn logs(&self) -> PathBuf {
        self.folder.join("logs")
    }

    /// Waits until a program ends by itself, which none should.
    ///
    /// # Errors
    /// Always: with what ended, and why.
    pub async fn failure(&mut self) -> anyhow::Error {
        match self.ended.recv().await {
            Some(Ended { name, outcome: Err(cause) }) => cause.context(format!("{name} failed")),
            Some(Ended { name, .. }) => anyhow::anyhow!("{name} ended by itself"),
            None => anyhow::anyhow!("nothing runs any more"),
        }
    }

    async fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let http = peer::http_client()?;
        let deadline = Instant::now() + START_TIMEOUT;
        for (name, address) in self.ports.health() {
            let url = format!("http://{address}/readyz");
            loop {
                if let Ok(reply) = http.get(&url).send().await
                    && reply.status().is_success()
                {
                    break;
                }
                if let Ok(ended) = self.ended.try_recv() {
                    return Err(ended.outcome.err().unwrap_or_else(|| anyhow::anyhow!("it ended")))
                        .with_context(|| format!("{} cannot start", ended.name));
                }
                if Instant::now() > deadline {
                    bail!("{name} is not ready; its log is {}/{name}.log", self.logs().display());
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Ok(())
    }

    /// Stops everything: requests that run may finish.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let all_ended = async { while self.ended.recv().await.is_some() {} };
        if tokio::time::timeout(STOP_TIMEOUT, all_ended).await.is_ok() {
            self.running.drain(..).for_each(Running::join);
        }
    }
}

/// A token of the website's own, which takes the place of those of earlier runs.
async fn register_website(database: &DatabaseServer) -> anyhow::Result<SecretString> {
    let db = database.open("gateway")?;
    grove_gateway::clients::remove(&db, WEBSITE_CLIENT).await?;
    let scopes = [grove_gateway::clients::Scope::ForwardAddress];
    grove_gateway::clients::register(&db, WEBSITE_CLIENT, &scopes, None).await
}

/// What the programs are configured with. Flags that are not given here come from the environment,
/// so a chapter's texts are configured as in any other deployment.
struct Settings {
    databases: BTreeMap<&'static str, DbConfig>,
    ports: Ports,
    keys: BTreeMap<&'static str, SecretString>,
    trusted_keys: String,
}

impl Settings {
    fn new(databases: BTreeMap<&'static str, DbConfig>, ports: Ports) -> Self {
        let keys: BTreeMap<_, _> =
            OWNERS.iter().map(|owner| (owner.name, SigningKey::generate_secret())).collect();
        let public = keys.iter().filter_map(|(owner, key)| SigningKey::new(owner, key).ok());
        let trusted_keys = public.map(|key| key.public()).collect::<Vec<_>>().join(",");
        Self { databases, ports, keys, trusted_keys }
    }

    /// The flags of a program: where it listens, its schema, its keys, the services it calls.
    fn flags(&self, name: &'static str, more: &[(&str, &str)]) -> anyhow::Result<Vec<String>> {
        let mut flags = vec![name.to_owned(), format!("--listen={}", self.ports.of(name)?)];
        if let (Some(db), Some(key)) = (self.databases.get(name), self.keys.get(name)) {
            flags.push(format!("--database-url={}", db.url()?.expose_secret()));
            flags.push(format!("--identity-key={}", key.expose_secret()));
            flags.push(format!("--trusted-keys={}", self.trusted_keys));
        }
        flags.extend(more.iter().map(|(flag, value)| format!("--{flag}={value}")));
        Ok(flags)
    }

    fn parse<C: Parser>(&self, name: &'static str, more: &[(&str, &str)]) -> anyhow::Result<C> {
        C::try_parse_from(self.flags(name, more)?)
            .with_context(|| format!("configuration of {name}"))
    }

    fn start_all(
        &self,
        chapter: &mut Chapter,
        website_token: &SecretString,
        mut start: impl FnMut(&mut Chapter, &'static str, Program) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let urls = self.ports.urls(&[]);
        // The catcher takes mails of services; it is no notifications service for clients.
        let upstreams = self.ports.urls(&["notifications"]);
        let site = format!("http://localhost:{}", self.ports.of("frontend")?.port());
        let calls: &[(&str, &str)] = &[("peers", &urls), ("site-url", &site)];
        let stop = chapter.stop.clone();

        let config = self.parse("auth", calls)?;
        start(chapter, "auth", program(&stop, |stop| grove_auth::run(config, stop)))?;
        let config = self.parse("users", calls)?;
        start(chapter, "users", program(&stop, |stop| grove_users::run(config, stop)))?;
        let config = self.parse("groups", &[])?;
        start(chapter, "groups", program(&stop, |stop| grove_groups::run(config, stop)))?;
        let config = self.parse("quotes", &[])?;
        start(chapter, "quotes", program(&stop, |stop| grove_quotes::run(config, stop)))?;

        let config = self.parse("directory", calls)?;
        start(chapter, "directory", program(&stop, |stop| grove_directory::run(config, stop)))?;
        let config = self.parse("credits", calls)?;
        start(chapter, "credits", program(&stop, |stop| grove_credits::run(config, stop)))?;
        let config = self.parse("gigs", calls)?;
        start(chapter, "gigs", program(&stop, |stop| grove_gigs::run(config, stop)))?;
        let config = self.parse("merch", calls)?;
        start(chapter, "merch", program(&stop, |stop| grove_merch::run(config, stop)))?;

        let (listen, mails) = (self.ports.of("notifications")?, chapter.mails());
        let verifier = Verifier::new("notifications", self.trusted_keys.parse()?);
        let catcher = move |stop| mail_catcher::run(listen, verifier, mails, stop);
        start(chapter, "notifications", program(&stop, catcher))?;

        let admin = self.ports.of(crate::ports::GATEWAY_ADMIN)?.to_string();
        let config = self.parse(GATEWAY, &[("upstreams", &upstreams), ("admin-listen", &admin)])?;
        start(chapter, GATEWAY, program(&stop, |stop| grove_gateway::run(config, stop)))?;

        let gateway = format!("http://{}", self.ports.of(GATEWAY)?);
        let secret = grove_shared::token::generate();
        let config = self.parse(
            "frontend",
            &[
                ("gateway-url", &gateway),
                ("gateway-token", website_token.expose_secret()),
                ("site-secret", secret.expose_secret()),
                ("site-url", &site),
            ],
        )?;
        start(chapter, "frontend", program(&stop, |stop| grove_frontend::run(config, stop)))
    }
}

type Future = std::pin::Pin<Box<dyn std::future::Future<Output = anyhow::Result<()>>>>;
type Program = Box<dyn FnOnce() -> Future + Send>;

fn program<F>(
    stop: &CancellationToken,
    run: impl FnOnce(CancellationToken) -> F + Send + 'static,
) -> Program
where
    F: std::future::Future<Output = anyhow::Result<()>> + 'static,
{
    let stop = stop.clone();
    Box::new(move || Box::pin(run(stop)))
}

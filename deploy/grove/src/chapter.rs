//! A whole chapter: every service, the gateway and the website, each on its thread.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use grove_http::health;
use secrecy::SecretString;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_util::sync::CancellationToken;

use crate::{
    ports::Ports,
    process::{self, Ended, Logs, Running},
    programs::{Programs, Settings},
    schema::DatabaseServer,
    separate::Separate,
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
    /// Whether merch is sold from a machine that exists in this chapter only.
    pub simulate_machine: bool,
    /// The folder of the programs that run as processes of their own, each of which is replaced when it is
    /// built anew. Without it all run in this process.
    pub separate_programs: Option<PathBuf>,
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
        let separate = options.separate_programs.map(|programs| Separate {
            programs,
            logs: logs.clone(),
            filter: options.log.clone(),
        });
        let ports = options.ports.clone();
        let settings = Settings::new(databases, ports, options.simulate_machine, separate);
        let programs = settings.programs(&website_token, &options.folder.join("mail"))?;
        Self::start_programs(
            programs,
            options.ports,
            options.folder,
            &Logs::Folder(logs),
            &options.log,
        )
        .await
    }

    /// Starts every program with the accounts and keys that `grove-setup` put into the folder `secrets`,
    /// and waits until all are ready. They log to standard output, as `log` says.
    ///
    /// # Errors
    /// When a program cannot start.
    pub async fn start_from(secrets: PathBuf, ports: Ports, log: &str) -> anyhow::Result<Self> {
        let programs = Settings::programs_of_folder(secrets, ports.clone())?;
        Self::start_programs(programs, ports, PathBuf::new(), &Logs::Output, log).await
    }

    async fn start_programs(
        programs: Programs,
        ports: Ports,
        folder: PathBuf,
        logs: &Logs,
        log: &str,
    ) -> anyhow::Result<Self> {
        let (sender, ended) = unbounded_channel();
        let mut chapter =
            Self { ports, folder, stop: CancellationToken::new(), running: Vec::new(), ended };
        let started = programs.into_iter().try_for_each(|(name, program)| {
            let stop = chapter.stop.clone();
            let program = move || program(stop);
            chapter.running.push(process::start(name, logs, log, sender.clone(), program)?);
            anyhow::Ok(())
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
        let deadline = Instant::now() + START_TIMEOUT;
        for name in self.running.iter().map(|running| running.name) {
            let address = self.ports.health_of(name)?;
            loop {
                let asked = tokio::task::spawn_blocking(move || health::is_ready(address)).await?;
                if asked.unwrap_or(false) {
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

//! `grove run`

use std::{
    fs::{File, TryLockError},
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::Args;
use grove_http::stop_on_signal;
use grove_shared::{Clock, config::TracesConfig};
use grove_telemetry::traces;
use grove_throwaway::Server;

use super::{
    console,
    target::{DATABASE_FILE, RUN_FOLDER},
};
use crate::{Chapter, Options, demo, ports::Ports, schema::DatabaseServer};

/// Runs the whole chapter until Ctrl-C, and leaves nothing behind.
///
/// The database is the one at `DATABASE_URL`, whose data stays; else a throwaway MySQL or MariaDB.
/// Logs are in data/run/logs while it runs; they stay when something failed or with --keep-logs.
#[derive(Debug, Args)]
pub struct Run {
    /// Fills an empty chapter with invented people, and prints their logins.
    #[arg(long)]
    demo: bool,
    /// The address of the website.
    #[arg(long, env = "FRONTEND_LISTEN", default_value = "127.0.0.1:5000")]
    frontend: SocketAddr,
    /// The address of the gateway.
    #[arg(long, env = "GATEWAY_LISTEN", default_value = "127.0.0.1:8000")]
    gateway: SocketAddr,
    /// Lets every program listen on a free port.
    #[arg(long, conflicts_with_all = ["frontend", "gateway"])]
    free_ports: bool,
    /// Runs each program as a process of its own, from this folder, and replaces it when it is built anew.
    #[arg(long, value_name = "FOLDER")]
    separate: Option<PathBuf>,
    /// Keeps the logs when the chapter has ended well.
    #[arg(long)]
    keep_logs: bool,
    /// Which events are logged, in the form of tracing's `EnvFilter`.
    #[arg(long, env = "LOG", default_value = "info")]
    log: String,
    #[command(flatten)]
    traces: TracesConfig,
}

impl Run {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let stop = stop_on_signal()?;
        traces::start(&self.traces)?;
        let folder = RunFolder::create(Path::new(RUN_FOLDER))?;
        let server = Server::start().await?;
        console::say(&format!("The database is {}.", server.describe()));
        folder.write(DATABASE_FILE, server.url())?;

        let database = DatabaseServer::new(server.url())?;
        database.migrate().await?;
        if self.demo {
            demo::seed(&database, Clock::system().now()).await?;
        }
        let options = Options {
            database,
            ports: self.ports()?,
            folder: folder.path.clone(),
            log: self.log.clone(),
            simulate_machine: self.demo,
            separate_programs: self.separate.clone(),
        };
        let mut chapter = Chapter::start(options).await?;
        console::say(&self.welcome(&chapter)?);

        let outcome = tokio::select! {
            () = stop.cancelled() => Ok(()),
            failure = chapter.failure() => Err(failure),
        };
        console::say("Stopping.");
        chapter.stop().await;
        drop(server);
        if outcome.is_ok() {
            folder.remove(self.keep_logs)?;
        }
        outcome.with_context(|| format!("the logs are in {RUN_FOLDER}/logs"))
    }

    fn ports(&self) -> anyhow::Result<Ports> {
        if self.free_ports {
            return Ports::free();
        }
        let mut ports = Ports::usual();
        ports.set("frontend", self.frontend);
        ports.set("gateway", self.gateway);
        Ok(ports)
    }

    fn welcome(&self, chapter: &Chapter) -> anyhow::Result<String> {
        let website = chapter.ports().of("frontend")?.port();
        let gateway = chapter.ports().of("gateway")?.port();
        let logins = if self.demo {
            demo::logins()
        } else {
            "The first officer: grove account add NETID --role admin".to_owned()
        };
        Ok(format!(
            "\nGrove is running.\n\n  \
             Website  http://localhost:{website}\n  \
             API      http://localhost:{gateway}  (grove client add NAME makes a token)\n  \
             Logs     {}\n  \
             Mails    {}\n\n\
             {logins}\n\
             Ctrl-C stops it and leaves nothing behind.",
            chapter.logs().display(),
            chapter.mails().display(),
        ))
    }
}

/// The folder of a chapter that runs, held by a lock that ends with the process.
struct RunFolder {
    path: PathBuf,
    _lock: File,
}

impl RunFolder {
    fn create(path: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(path)
            .with_context(|| format!("cannot make the folder {}", path.display()))?;
        let lock = File::create(path.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!("a chapter runs in this folder already; stop it first")
            }
            Err(TryLockError::Error(cause)) => return Err(cause.into()),
        }
        // What a run that was killed left behind.
        for leftover in ["logs", "mail"] {
            let _ = std::fs::remove_dir_all(path.join(leftover));
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Writes a file that only its owner may read.
    fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        use std::{io::Write, os::unix::fs::OpenOptionsExt};
        let mut options = File::options();
        options.write(true).create(true).truncate(true).mode(0o600);
        Ok(options.open(self.path.join(name))?.write_all(text.as_bytes())?)
    }

    fn remove(&self, keep_logs: bool) -> anyhow::Result<()> {
        if keep_logs {
            console::say(&format!("The logs are in {}/logs.", self.path.display()));
            return Ok(());
        }
        std::fs::remove_dir_all(&self.path)?;
        // `data` goes too, unless it holds something else.
        if let Some(parent) = self.path.parent() {
            let _ = std::fs::remove_dir(parent);
        }
        Ok(())
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        // The database ends with this process, and its URL holds a password.
        let _ = std::fs::remove_file(self.path.join(DATABASE_FILE));
    }
}

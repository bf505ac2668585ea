//! Programs of a chapter as processes of their own, each replaced when it is built anew: for who edits them.

use std::{
    fs::File,
    path::PathBuf,
    process::Stdio,
    time::{Duration, SystemTime},
};

use anyhow::Context;
use tokio::process::{Child, ChildStdin, Command};
use tokio_util::sync::CancellationToken;

use crate::commands::console;

/// The pause between two looks whether a program is another one.
const PAUSE: Duration = Duration::from_millis(100);

/// Where programs are and how they log.
#[derive(Debug)]
pub(crate) struct Separate {
    /// The folder of `grove-quotes` and so on.
    pub(crate) programs: PathBuf,
    pub(crate) logs: PathBuf,
    /// Which events are logged, as tracing's `EnvFilter` reads it.
    pub(crate) filter: String,
}

/// A program with its configuration.
#[derive(Debug)]
pub(crate) struct Program {
    name: &'static str,
    file: PathBuf,
    log: PathBuf,
    variables: Vec<(String, String)>,
}

impl Separate {
    /// The program `name`. Its flags become variables, which only their owner can read: each flag of our
    /// programs has one of the same name.
    pub(crate) fn program(&self, name: &'static str, flags: &[String]) -> Program {
        let flags = flags.iter().filter_map(|flag| flag.strip_prefix("--")?.split_once('='));
        let mut variables: Vec<_> = flags
            .map(|(flag, value)| (flag.to_uppercase().replace('-', "_"), value.to_owned()))
            .collect();
        variables.push(("LOG".to_owned(), self.filter.clone()));
        variables.push(("LOG_FORMAT".to_owned(), "pretty".to_owned()));
        Program {
            name,
            file: self.programs.join(format!("grove-{name}")),
            log: self.logs.join(format!("{name}.log")),
            variables,
        }
    }
}

impl Program {
    /// Runs it until it is told to stop. What ends by itself is started when it is built anew.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        loop {
            let built = self.built();
            let (mut child, input) = self.start()?;
            let ended = tokio::select! {
                () = stop.cancelled() => false,
                () = self.is_built_anew(built) => false,
                _ = child.wait() => true,
            };
            drop(input);
            child.wait().await?;
            if ended {
                let log = self.log.display();
                console::error(&format!("{} has ended by itself; its log is {log}", self.name));
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = self.is_built_anew(built) => {}
                }
            }
            if stop.is_cancelled() {
                return Ok(());
            }
            console::say(&format!("{} is replaced.", self.name));
        }
    }

    /// When its file was written.
    fn built(&self) -> Option<SystemTime> {
        self.file.metadata().and_then(|file| file.modified()).ok()
    }

    async fn is_built_anew(&self, before: Option<SystemTime>) {
        while self.built().is_none_or(|now| Some(now) == before) {
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Starts it under a shell that tells it to stop once the shell's standard input closes, which it does
    /// however this process ends. The shell ignores Ctrl-C, which a terminal sends to the whole group.
    fn start(&self) -> anyhow::Result<(Child, ChildStdin)> {
        const SCRIPT: &str = r#"trap '' INT TERM HUP
"$1" </dev/null &
program=$!
exec 3<&0
(while read -r _ <&3; do :; done; kill -TERM $program) 2>/dev/null &
watcher=$!
wait $program
kill -KILL $watcher 2>/dev/null"#;
        let log = File::options().create(true).append(true).open(&self.log);
        let log = log.with_context(|| format!("cannot write {}", self.log.display()))?;
        let mut child = Command::new("sh")
            .args(["-c", SCRIPT, "sh"])
            .arg(&self.file)
            // That of this process is the administrator's.
            .env_remove("DATABASE_URL")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", self.file.display()))?;
        // Taken out, since to wait for a child closes its input.
        let input = child.stdin.take().context("it has no input")?;
        Ok((child, input))
    }
}

//! One service of several in this process: a thread with a runtime and a log of its own.

use std::{
    fs::File,
    io::{self, Write},
    path::PathBuf,
    sync::{Mutex, PoisonError},
    thread,
};

use anyhow::Context;

use tokio::sync::mpsc::UnboundedSender;
use tracing::Dispatch;

/// A service that has started.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) name: &'static str,
    thread: thread::JoinHandle<()>,
}

/// How a service ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) name: &'static str,
    pub(crate) outcome: anyhow::Result<()>,
}

/// Where services log to.
#[derive(Debug)]
pub(crate) enum Logs {
    /// `<folder>/<name>.log`, for people.
    Folder(PathBuf),
    /// Standard output, for machines: lines of JSON that begin with the service's name.
    Output,
}

impl Logs {
    fn open(&self, name: &'static str, filter: &str) -> anyhow::Result<Dispatch> {
        let Self::Folder(folder) = self else {
            return grove_telemetry::dispatch(filter, false, move || Line {
                name,
                text: Vec::new(),
            });
        };
        let path = folder.join(format!("{name}.log"));
        let file = File::options().create(true).append(true).open(&path);
        let file = file.with_context(|| format!("cannot write {}", path.display()))?;
        grove_telemetry::dispatch(filter, true, Mutex::new(file))
    }
}

/// A line of JSON, which is written with the service's name when it is complete.
struct Line {
    name: &'static str,
    text: Vec<u8>,
}

impl Write for Line {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let Some(rest) = self.text.strip_prefix(b"{") else { return };
        let mut output = io::stdout().lock();
        // Who does not read the log any more does not want it.
        let _ = write!(output, "{{\"service\":\"{}\",", self.name);
        let _ = output.write_all(rest);
    }
}

/// Starts `service` on a thread of its own; tells `ended` when it is over.
pub(crate) fn start<F>(
    name: &'static str,
    logs: &Logs,
    filter: &str,
    ended: UnboundedSender<Ended>,
    service: impl FnOnce() -> F + Send + 'static,
) -> anyhow::Result<Running>
where
    F: Future<Output = anyhow::Result<()>>,
{
    let log = logs.open(name, filter)?;
    let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
        let outcome = run(&log, service);
        if let Err(cause) = &outcome {
            tracing::dispatcher::with_default(&log, || tracing::error!("{name} failed: {cause:#}"));
        }
        // Nobody listens any more when the whole process is ending.
        let _ = ended.send(Ended { name, outcome });
    })?;
    Ok(Running { name, thread })
}

fn run<F>(log: &Dispatch, service: impl FnOnce() -> F) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<()>>,
{
    thread_local! {
        static LOG: Mutex<Option<tracing::dispatcher::DefaultGuard>> = const { Mutex::new(None) };
    }
    // Blocking work runs on threads of the runtime's own, which have to log to the same file.
    let of_blocking_threads = log.clone();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .on_thread_start(move || {
            let guard = tracing::dispatcher::set_default(&of_blocking_threads);
            LOG.with(|log| *log.lock().unwrap_or_else(PoisonError::into_inner) = Some(guard));
        })
        .build()?;
    let _guard = tracing::dispatcher::set_default(log);
    runtime.block_on(service())
}

impl Running {
    /// Waits for the service's end.
    pub(crate) fn join(self) {
        // A panic has been logged and reported as the service's end.
        let _ = self.thread.join();
    }
}

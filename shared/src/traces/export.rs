//! Brings what is known of steps to the collector, in the background and never in a request's way.

use std::{sync::OnceLock, thread, time::Duration};

use anyhow::Context;
use tokio::{
    runtime,
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until, timeout},
};
use url::Url;

use super::{Step, otlp::Traces};
use crate::{config::TracesConfig, peer};

/// Steps that wait; what comes on top is lost, rather than memory.
const QUEUE: usize = 4096;
/// Steps that are told at once.
const BATCH: usize = 512;
/// How long a step waits for others.
const GATHER: Duration = Duration::from_secs(1);
/// How long a program that ends waits for the collector.
const PATIENCE: Duration = Duration::from_secs(1);

static QUEUED: OnceLock<mpsc::Sender<Message>> = OnceLock::new();

enum Message {
    Step(Box<Step>),
    /// Answered when everything before it has been sent.
    Flush(oneshot::Sender<()>),
}

/// Begins to tell, if a collector is configured. The second time in a process changes nothing.
///
/// # Errors
/// When the URL is malformed or no thread can be started.
pub fn start(config: &TracesConfig) -> anyhow::Result<()> {
    let Some(endpoint) = config.endpoint() else { return Ok(()) };
    let url = format!("{}/v1/traces", endpoint.as_str().trim_end_matches('/'));
    let url = Url::parse(&url).context("OTLP_ENDPOINT")?;
    let (sender, queue) = mpsc::channel(QUEUE);
    if QUEUED.set(sender).is_err() {
        return Ok(());
    }
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let http = peer::http_client()?;
    let exporter = Exporter { http, url, failing: false };
    let run = move || runtime.block_on(exporter.run(queue));
    thread::Builder::new().name("traces".to_owned()).spawn(run)?;
    Ok(())
}

/// Whether steps are told to anyone.
pub fn is_on() -> bool {
    QUEUED.get().is_some()
}

/// Waits until what is known so far has been told, for a second at most.
pub async fn flush() {
    let Some(queue) = QUEUED.get() else { return };
    let (sender, done) = oneshot::channel();
    let flushed = async {
        let _ = queue.send(Message::Flush(sender)).await;
        let _ = done.await;
    };
    let _ = timeout(PATIENCE, flushed).await;
}

pub(super) fn tell(step: Box<Step>) {
    if let Some(queue) = QUEUED.get()
        && queue.try_send(Message::Step(step)).is_err()
    {
        count("lost", 1);
    }
}

fn count(outcome: &'static str, steps: usize) {
    metrics::counter!("trace_spans_total", "outcome" => outcome).increment(steps as u64);
}

struct Exporter {
    http: reqwest::Client,
    url: Url,
    failing: bool,
}

impl Exporter {
    async fn run(mut self, mut queue: mpsc::Receiver<Message>) {
        let mut batch = Vec::new();
        while let Some(first) = queue.recv().await {
            let deadline = Instant::now() + GATHER;
            let mut next = Some(first);
            let mut flushed = None;
            while let Some(message) = next.take() {
                match message {
                    Message::Step(step) => batch.push(step),
                    Message::Flush(done) => flushed = Some(done),
                }
                if flushed.is_none() && batch.len() < BATCH {
                    next = tokio::select! {
                        message = queue.recv() => message,
                        () = sleep_until(deadline) => None,
                    };
                }
            }
            self.send(&batch).await;
            batch.clear();
            if let Some(done) = flushed {
                let _ = done.send(());
            }
        }
    }

    /// Sends once: a collector that is away costs traces, not memory.
    async fn send(&mut self, batch: &[Box<Step>]) {
        if batch.is_empty() {
            return;
        }
        let sent = self.http.post(self.url.clone()).json(&Traces::of(batch)).send().await;
        let outcome = sent.and_then(reqwest::Response::error_for_status).map(drop);
        count(if outcome.is_ok() { "sent" } else { "lost" }, batch.len());
        if let (Err(cause), false) = (&outcome, self.failing) {
            tracing::warn!(%cause, "the collector takes no traces");
        }
        self.failing = outcome.is_err();
    }
}

//! Brings what is known of steps to the collector, in the background and never in a request's way.

use std::{sync::OnceLock, thread, time::Duration};

use anyhow::{Context, ensure};
use bytes::Bytes;
use grove_shared::config::TracesConfig;
use http::{Request, Uri, header};
use http_body_util::Full;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use tokio::{
    runtime,
    sync::{mpsc, oneshot},
    time::{Instant, timeout, timeout_at},
};

use super::{Step, otlp::Traces};

/// Steps that wait. Those on top are lost: a collector that is away costs traces, not memory.
const QUEUE: usize = 4096;
/// Steps that are told at once.
const BATCH: usize = 512;
/// How long a step waits for others.
const GATHER: Duration = Duration::from_secs(1);
/// How long a program that ends waits for the collector.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a batch may be under way.
const SEND_TIMEOUT: Duration = Duration::from_secs(5);

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
    ensure!(
        endpoint.scheme_str() == Some("http"),
        "OTLP_ENDPOINT begins with http://: a collector on this network passes traces on"
    );
    let url = format!("{}/v1/traces", endpoint.to_string().trim_end_matches('/'));
    let url: Uri = url.parse().context("OTLP_ENDPOINT")?;
    let (sender, queue) = mpsc::channel(QUEUE);
    if QUEUED.set(sender).is_err() {
        return Ok(());
    }
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let http = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build_http();
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
    let _ = timeout(FLUSH_TIMEOUT, flushed).await;
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

/// The steps from `first` on, as many as are told at once and come in time, and who waits until they are
/// told.
async fn gather(
    first: Message,
    queue: &mut mpsc::Receiver<Message>,
) -> (Vec<Box<Step>>, Option<oneshot::Sender<()>>) {
    let deadline = Instant::now() + GATHER;
    let (mut batch, mut next) = (Vec::new(), Some(first));
    while let Some(message) = next {
        match message {
            Message::Step(step) => batch.push(step),
            Message::Flush(done) => return (batch, Some(done)),
        }
        if batch.len() >= BATCH {
            break;
        }
        next = timeout_at(deadline, queue.recv()).await.unwrap_or_default();
    }
    (batch, None)
}

struct Exporter {
    http: Client<HttpConnector, Full<Bytes>>,
    url: Uri,
    failing: bool,
}

impl Exporter {
    async fn run(mut self, mut queue: mpsc::Receiver<Message>) {
        while let Some(first) = queue.recv().await {
            let (batch, flushed) = gather(first, &mut queue).await;
            self.send(&batch).await;
            if let Some(done) = flushed {
                let _ = done.send(());
            }
        }
    }

    /// Sends once.
    async fn send(&mut self, batch: &[Box<Step>]) {
        if batch.is_empty() {
            return;
        }
        let outcome = timeout(SEND_TIMEOUT, self.post(batch)).await;
        let outcome = outcome.unwrap_or_else(|_| Err(anyhow::anyhow!("it does not answer")));
        count(if outcome.is_ok() { "sent" } else { "lost" }, batch.len());
        if let (Err(cause), false) = (&outcome, self.failing) {
            tracing::warn!(cause = format!("{cause:#}"), "the collector takes no traces");
        }
        self.failing = outcome.is_err();
    }

    async fn post(&self, batch: &[Box<Step>]) -> anyhow::Result<()> {
        let body = serde_json::to_vec(&Traces::of(batch))?;
        let request = Request::post(&self.url).header(header::CONTENT_TYPE, "application/json");
        let answer = self.http.request(request.body(Full::from(body))?).await?;
        ensure!(answer.status().is_success(), "it answered {}", answer.status());
        Ok(())
    }
}

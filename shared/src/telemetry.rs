//! Log lines and metrics; where traces are told, too.

use std::{io::IsTerminal, sync::OnceLock, time::Duration};

use anyhow::Context;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer, fmt, fmt::MakeWriter, layer::SubscriberExt, registry, registry::LookupSpan,
};

use crate::{
    config::{LogFormat, TelemetryConfig},
    traces::{self, Statements},
};

/// Seconds that requests take.
const DURATION_BUCKETS: [f64; 10] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0];
/// How often measured values are folded into the buckets; until then each takes memory.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Logs to standard output from here on, and tells of traces where a collector is configured.
///
/// # Errors
/// When the configuration is malformed or something else already logs.
pub fn init(config: &TelemetryConfig) -> anyhow::Result<()> {
    let pretty = match config.log_format {
        LogFormat::Auto => std::io::stdout().is_terminal(),
        LogFormat::Json => false,
        LogFormat::Pretty => true,
    };
    metrics();
    traces::start(&config.traces)?;
    tracing::dispatcher::set_global_default(dispatch(&config.log, pretty, std::io::stdout)?)
        .context("logging is already set up")
}

/// A log of its own, for one of several services in a process.
///
/// # Errors
/// When the filter is malformed.
pub fn dispatch<W>(filter: &str, pretty: bool, writer: W) -> anyhow::Result<Dispatch>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(filter).with_context(|| format!("LOG={filter}"))?;
    Ok(if traces::is_on() {
        let statements = Statements.with_filter(Statements::filter());
        Dispatch::new(registry().with(lines(pretty, writer).with_filter(filter)).with(statements))
    } else {
        Dispatch::new(registry().with(filter).with(lines(pretty, writer)))
    })
}

fn lines<S, W>(pretty: bool, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = fmt::layer().with_writer(writer);
    if pretty {
        lines.with_ansi(false).with_target(false).boxed()
    } else {
        lines.json().flatten_event(true).with_current_span(true).boxed()
    }
}

/// The metrics of this process: `metrics` has one recorder a process, which this installs once.
pub fn metrics() -> &'static PrometheusHandle {
    static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();
    METRICS.get_or_init(|| {
        let builder = PrometheusBuilder::new().set_buckets(&DURATION_BUCKETS);
        let recorder = builder.unwrap_or_else(|_| PrometheusBuilder::new()).build_recorder();
        let handle = recorder.handle();
        let upkeep = handle.clone();
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(UPKEEP_INTERVAL);
                upkeep.run_upkeep();
            }
        });
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another metrics recorder is installed; /metrics stays empty");
        }
        handle
    })
}

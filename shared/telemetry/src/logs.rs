//! Log lines; where a collector is configured, traces too.

use std::{
    io::{self, IsTerminal},
    sync::OnceLock,
};

use anyhow::Context;
use grove_shared::config::{LogFormat, TelemetryConfig};
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer, fmt, fmt::MakeWriter, layer::SubscriberExt, registry, registry::LookupSpan,
};

use crate::{
    traces::{self, Statements},
    writer::Writer,
};

static STANDARD_OUTPUT: OnceLock<Writer> = OnceLock::new();

/// Logs to standard output from here on, and tells of traces where a collector is configured.
///
/// # Errors
/// When the configuration is malformed or something else already logs.
pub fn init(config: &TelemetryConfig) -> anyhow::Result<()> {
    let pretty = match config.log_format {
        LogFormat::Auto => io::stdout().is_terminal(),
        LogFormat::Json => false,
        LogFormat::Pretty => true,
    };
    traces::start(&config.traces)?;
    let writer = Writer::new(io::stdout()).context("cannot start the thread of the log")?;
    tracing::dispatcher::set_global_default(dispatch(&config.log, pretty, writer.clone())?)
        .context("logging is already set up")?;
    let _ = STANDARD_OUTPUT.set(writer);
    Ok(())
}

/// Waits until what is known so far has been told, lines and traces, for a second or two at most.
pub async fn flush() {
    traces::flush().await;
    if let Some(writer) = STANDARD_OUTPUT.get().cloned() {
        // It may have to wait for whoever reads the log.
        let _ = tokio::task::spawn_blocking(move || writer.flush()).await;
    }
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

//! When a program ends: what the system tells it.

use tokio_util::sync::CancellationToken;

/// Cancelled by SIGTERM and by Ctrl-C.
///
/// # Errors
/// When the process cannot listen for signals.
pub fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        stopped.cancel();
    });
    Ok(stop)
}

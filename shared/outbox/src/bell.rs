//! Wakes the workers of this process when a transaction with an effect is committed, so that nobody waits
//! for their next look at the outbox. One that misses it looks soon anyway.

use std::sync::LazyLock;

use tokio::sync::watch;

static BELL: LazyLock<watch::Sender<()>> = LazyLock::new(|| watch::Sender::new(()));

/// Wakes every worker.
pub(crate) fn ring() {
    BELL.send_replace(());
}

/// Hears what rings from here on.
pub(crate) fn listen() -> watch::Receiver<()> {
    BELL.subscribe()
}

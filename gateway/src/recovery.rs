//! Waiting for a service that has gone: one task tries whether it is back, for all requests that wait.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout_at},
};

/// How often a service that does not listen is tried.
const PROBE_INTERVAL: Duration = Duration::from_millis(50);
/// Requests that wait for one service; more are refused at once.
const MAX_WAITING: usize = 1_000;

/// The requests that wait for one service.
#[derive(Debug, Default)]
pub(crate) struct Recovery {
    state: Mutex<State>,
    back: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: usize,
    is_probing: bool,
}

/// A request that waits, until this is dropped.
struct Waiting<'a>(&'a Recovery);

impl Recovery {
    /// Waits until `probe` finds the service back, or until `end`; says whether it is back.
    pub(crate) async fn wait<F>(
        self: &Arc<Self>,
        end: Instant,
        probe: impl Fn() -> F + Send + Sync + 'static,
    ) -> bool
    where
        F: Future<Output = bool> + Send + 'static,
    {
        if end <= Instant::now() {
            return false;
        }
        let mut back = std::pin::pin!(self.back.notified());
        back.as_mut().enable();
        let Some((_waiting, is_first)) = self.enter() else { return false };
        if is_first {
            tokio::spawn(self.clone().probe(probe));
        }
        timeout_at(end, back).await.is_ok()
    }

    /// Takes a place, if one is free; says whether nobody probes yet.
    fn enter(&self) -> Option<(Waiting<'_>, bool)> {
        let mut state = self.state();
        if state.waiting >= MAX_WAITING {
            return None;
        }
        state.waiting += 1;
        let is_first = !std::mem::replace(&mut state.is_probing, true);
        Some((Waiting(self), is_first))
    }

    /// Probes until the service is back or nobody waits for it.
    async fn probe<F>(self: Arc<Self>, probe: impl Fn() -> F + Send + Sync)
    where
        F: Future<Output = bool> + Send,
    {
        loop {
            sleep(PROBE_INTERVAL).await;
            let is_back = probe().await;
            let mut state = self.state();
            if is_back || state.waiting == 0 {
                state.is_probing = false;
                break;
            }
        }
        self.back.notify_waiters();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.state().waiting -= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;

    use super::*;

    /// A service that is back when it has been asked so often, and how often it was.
    fn back_after(
        times: usize,
    ) -> (impl Fn() -> std::future::Ready<bool> + Clone, Arc<AtomicUsize>) {
        let asked = Arc::<AtomicUsize>::default();
        let counted = asked.clone();
        let probe = move || std::future::ready(counted.fetch_add(1, Ordering::SeqCst) + 1 >= times);
        (probe, asked)
    }

    #[tokio::test(start_paused = true)]
    async fn of_many_who_wait_one_asks() {
        let (recovery, (probe, asked)) = (Arc::<Recovery>::default(), back_after(20));
        let end = Instant::now() + Duration::from_secs(10);
        let waiting = (0..MAX_WAITING).map(|_| recovery.wait(end, probe.clone()));
        assert_eq!(join_all(waiting).await, [true; MAX_WAITING]);
        assert_eq!(asked.load(Ordering::SeqCst), 20);
    }

    #[tokio::test(start_paused = true)]
    async fn asking_goes_on_when_the_first_gives_up_and_ends_when_nobody_waits() {
        let (recovery, (probe, asked)) = (Arc::<Recovery>::default(), back_after(1_000));
        let in_a = |wait| Instant::now() + wait;
        let impatient = recovery.wait(in_a(Duration::from_millis(500)), probe.clone());
        let patient = recovery.wait(in_a(Duration::from_secs(1)), probe);
        assert_eq!(tokio::join!(impatient, patient), (false, false));
        sleep(Duration::from_secs(10)).await;
        let asked = asked.load(Ordering::SeqCst);
        assert!((18..=21).contains(&asked), "{asked}");
        // Who comes then is waited for anew.
        let (probe, _) = back_after(1);
        assert!(recovery.wait(in_a(Duration::from_secs(1)), probe).await);
    }

    #[tokio::test(start_paused = true)]
    async fn more_than_may_wait_are_refused_at_once() {
        let (recovery, (probe, _)) = (Arc::<Recovery>::default(), back_after(1_000));
        let now = Instant::now();
        let waiting = (0..=MAX_WAITING).map(async |_| {
            recovery.wait(now + Duration::from_secs(1), probe.clone()).await;
            now.elapsed()
        });
        let waited = join_all(waiting).await;
        assert!(waited[..MAX_WAITING].iter().all(|took| *took >= Duration::from_secs(1)));
        assert_eq!(waited[MAX_WAITING], Duration::ZERO);
    }
}

//! What a service does from time to time: deletes what is old, ends what has expired, compares.

use std::time::Duration;

use futures_util::{FutureExt, future::BoxFuture};
use tokio_util::sync::CancellationToken;

type Work = Box<dyn Fn() -> BoxFuture<'static, anyhow::Result<()>> + Send + Sync>;

struct Job {
    name: &'static str,
    interval: Duration,
    work: Work,
}

/// Jobs that are done one after the other, each at the start and then at its interval. One that fails is
/// logged and comes again in time.
#[derive(Default)]
pub struct Upkeep(Vec<Job>);

impl Upkeep {
    /// No jobs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a job.
    #[must_use]
    pub fn every<F, T, E>(
        mut self,
        interval: Duration,
        name: &'static str,
        work: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        E: Into<anyhow::Error>,
    {
        let work: Work = Box::new(move || {
            let done = work();
            async move { done.await.map(drop).map_err(Into::into) }.boxed()
        });
        self.0.push(Job { name, interval, work });
        self
    }

    /// Does what is due until `stop` is cancelled.
    pub(crate) async fn run(&self, stop: CancellationToken) {
        let mut due: Vec<_> = self.0.iter().map(|job| (tokio::time::Instant::now(), job)).collect();
        while let Some((at, job)) = due.iter_mut().min_by_key(|(at, _)| *at) {
            if stop.run_until_cancelled(tokio::time::sleep_until(*at)).await.is_none() {
                return;
            }
            let Some(outcome) = stop.run_until_cancelled((job.work)()).await else { return };
            if let Err(cause) = outcome {
                tracing::warn!(
                    job = job.name,
                    cause = format!("{cause:#}"),
                    "the upkeep of {} failed",
                    job.name
                );
            }
            *at = tokio::time::Instant::now() + job.interval;
        }
    }
}

impl std::fmt::Debug for Upkeep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|job| job.name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn jobs_are_done_at_the_start_and_at_their_intervals_also_after_a_failure() {
        let (often, seldom) = (Arc::<AtomicU32>::default(), Arc::<AtomicU32>::default());
        let (counts_often, counts_seldom) = (often.clone(), seldom.clone());
        let upkeep = Upkeep::new()
            .every(Duration::from_mins(1), "often", move || {
                counts_often.fetch_add(1, Ordering::SeqCst);
                async { anyhow::bail!("it fails") as anyhow::Result<()> }
            })
            .every(Duration::from_hours(1), "seldom", move || {
                counts_seldom.fetch_add(1, Ordering::SeqCst);
                async { Ok::<_, anyhow::Error>(()) }
            });
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let running = tokio::spawn(async move { upkeep.run(stopped).await });
        tokio::time::sleep(Duration::from_secs(3601)).await;
        assert_eq!((often.load(Ordering::SeqCst), seldom.load(Ordering::SeqCst)), (61, 2));
        stop.cancel();
        running.await.unwrap();
    }
}

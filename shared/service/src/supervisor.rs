//! Background tasks of a service. One that panics is counted, logged and started again; one that does so
//! again and again makes the service not ready.

use std::{
    any::Any,
    collections::BTreeMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures_util::{FutureExt, future::BoxFuture};
use grove_http::{ApiError, Readiness};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The wait before a task is started again, doubled with each panic in a row.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// A task that ran this long has recovered.
const RECOVERED_AFTER: Duration = Duration::from_mins(1);
/// Panics in a row after which the service is not ready.
const DEAD_AFTER: u32 = 3;

type Start = Box<dyn Fn(CancellationToken) -> BoxFuture<'static, ()> + Send>;

/// Tasks that run beside the server.
#[derive(Default)]
pub struct Supervisor {
    tasks: Vec<(&'static str, Start)>,
    health: Health,
}

/// Which tasks panic again and again.
#[derive(Debug, Clone, Default)]
pub struct Health(Arc<Mutex<BTreeMap<&'static str, u32>>>);

impl Health {
    /// Ready unless a task is dead.
    pub fn readiness(&self) -> Readiness {
        let health = self.clone();
        Readiness::new(move || {
            let dead = health.dead();
            Box::pin(async move {
                match dead {
                    None => Ok(()),
                    Some(task) => Err(ApiError::unavailable(format!(
                        "A background task fails again and again: {task}"
                    ))),
                }
            })
        })
    }

    fn dead(&self) -> Option<&'static str> {
        let panics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        panics.iter().find(|(_, count)| **count >= DEAD_AFTER).map(|(task, _)| *task)
    }

    fn set(&self, task: &'static str, panics_in_a_row: u32) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(task, panics_in_a_row);
    }
}

impl Supervisor {
    /// Adds a task: `start` is called again after each panic, and what it returns runs until the token is
    /// cancelled.
    pub fn add<F>(
        &mut self,
        name: &'static str,
        start: impl Fn(CancellationToken) -> F + Send + 'static,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.push((name, Box::new(move |stop| start(stop).boxed())));
    }

    /// Which tasks fail.
    pub fn health(&self) -> Health {
        self.health.clone()
    }

    /// Starts every task of `service`; they end when `stop` is cancelled.
    pub fn start(self, service: &'static str, stop: &CancellationToken) -> JoinSet<()> {
        let mut running = JoinSet::new();
        for (name, start) in self.tasks {
            running.spawn(supervise(service, name, start, self.health.clone(), stop.clone()));
        }
        running
    }
}

impl std::fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.tasks.iter().map(|(name, _)| name)).finish()
    }
}

async fn supervise(
    service: &'static str,
    name: &'static str,
    start: Start,
    health: Health,
    stop: CancellationToken,
) {
    let mut panics = 0_u32;
    while !stop.is_cancelled() {
        let began = Instant::now();
        let mut run = std::pin::pin!(AssertUnwindSafe(start(stop.clone())).catch_unwind());
        let ended = tokio::time::timeout(RECOVERED_AFTER, run.as_mut()).await;
        let ended = if let Ok(ended) = ended {
            ended
        } else {
            panics = 0;
            health.set(name, 0);
            run.await
        };
        // One that ends without a panic has nothing more to do.
        let Err(panic) = ended else { return };
        panics += 1;
        health.set(name, panics);
        metrics::counter!("task_panics_total", "service" => service, "task" => name).increment(1);
        let pause = LONGEST_PAUSE.min(FIRST_PAUSE * 2_u32.saturating_pow(panics - 1));
        tracing::error!(
            task = name,
            cause = message(&*panic),
            "the task {name} panicked after {:.1} s; it starts again in {:.1} s",
            began.elapsed().as_secs_f64(),
            pause.as_secs_f64()
        );
        stop.run_until_cancelled(tokio::time::sleep(pause)).await;
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let message = panic.downcast_ref::<String>().map(String::as_str);
    message.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// A supervisor of one task, which panics as often as `panics` says and then waits for its end.
    fn supervisor(panics: u32) -> (Supervisor, Arc<AtomicU32>) {
        let starts = Arc::<AtomicU32>::default();
        let mut supervisor = Supervisor::default();
        let counted = starts.clone();
        supervisor.add("work", move |stop: CancellationToken| {
            let start = counted.fetch_add(1, Ordering::SeqCst);
            async move {
                assert!(start >= panics, "it fails");
                stop.cancelled().await;
            }
        });
        (supervisor, starts)
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_panics_is_started_again() {
        let (supervisor, starts) = supervisor(2);
        let health = supervisor.health();
        let stop = CancellationToken::new();
        let mut running = supervisor.start("test", &stop);
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(starts.load(Ordering::SeqCst), 3);
        assert!(health.readiness().check().await.is_ok());
        stop.cancel();
        running.join_next().await.unwrap().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_whose_task_stays_dead_is_not_ready_and_says_which_one() {
        let (supervisor, starts) = supervisor(4);
        let health = supervisor.health();
        let stop = CancellationToken::new();
        let mut running = supervisor.start("test", &stop);
        tokio::time::sleep(Duration::from_millis(1100)).await;
        assert_eq!(starts.load(Ordering::SeqCst), 3);
        let refused = health.readiness().check().await.unwrap_err();
        assert!(refused.message().ends_with("work"), "{}", refused.message());

        // It works again, and is trusted after a minute.
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert!(health.readiness().check().await.is_err());
        tokio::time::sleep(RECOVERED_AFTER).await;
        assert!(health.readiness().check().await.is_ok());
        stop.cancel();
        running.join_next().await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_stop_ends_tasks_that_wait_to_be_started_again() {
        let (supervisor, _) = supervisor(u32::MAX);
        let stop = CancellationToken::new();
        let mut running = supervisor.start("test", &stop);
        stop.cancel();
        running.join_next().await.unwrap().unwrap();
    }
}

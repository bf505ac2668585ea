//! The threads that passwords are hashed on.
//!
//! They are not the runtime's for blocking work, which are as urgent as those that serve pages and have no
//! memory of their own to use again: to allocate it for each hash makes the process grow (`bench/logins`).

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::{self, JoinHandle},
};

use anyhow::Context;
use argon2::Argon2;
use tokio::sync::oneshot;

use super::worker::Worker;

type Job = Box<dyn FnOnce(&mut Worker) + Send>;

/// Threads that end, when what they have begun is done, with this.
pub(super) struct Threads {
    /// There always is one until the end.
    jobs: Option<mpsc::Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Threads {
    /// Starts `count` threads; each allocates what a hash takes with its first one.
    pub(super) fn start(count: usize, argon2: &Argon2<'static>) -> io::Result<Self> {
        let (sender, jobs) = mpsc::channel();
        let jobs = Arc::new(Mutex::new(jobs));
        let mut started = Self { jobs: Some(sender), threads: Vec::with_capacity(count) };
        for number in 0..count {
            let (jobs, worker) = (Arc::clone(&jobs), Worker::new(argon2.clone()));
            let thread = thread::Builder::new().name(format!("passwords-{number}"));
            started.threads.push(thread.spawn(move || work(&jobs, worker))?);
        }
        Ok(started)
    }

    /// Does `job` on the next thread that is free.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Worker) -> T + Send + 'static,
    ) -> anyhow::Result<T> {
        let (sender, done) = oneshot::channel();
        let job = Box::new(move |worker: &mut Worker| {
            if !sender.is_closed() {
                // Whoever asked may be gone by the end.
                let _ = sender.send(job(worker));
            }
        });
        let jobs = self.jobs.as_ref().context("the threads have ended")?;
        jobs.send(job).ok().context("the threads have ended")?;
        done.await.context("the job panicked")
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A job that panics ends no thread.
            let _ = thread.join();
        }
    }
}

fn work(jobs: &Mutex<mpsc::Receiver<Job>>, mut worker: Worker) {
    yield_to_others();
    let next = || jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
    while let Ok(job) = next() {
        // What a panic leaves behind is memory that the next hash overwrites.
        let _ = catch_unwind(AssertUnwindSafe(|| job(&mut worker)));
    }
}

/// Makes whatever else has work to do come first: who waits for a page waits for milliseconds.
#[cfg(target_os = "linux")]
fn yield_to_others() {
    /// A tenth of the usual share of a busy core.
    const NICENESS: i32 = 10;
    // Here it concerns the calling thread alone, on other systems the process.
    if let Err(cause) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%cause, "passwords are hashed at the usual priority");
    }
}

#[cfg(not(target_os = "linux"))]
fn yield_to_others() {}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        pin::pin,
        sync::atomic::{AtomicBool, Ordering},
        time::Duration,
    };

    use tokio::time::timeout;

    use super::*;
    use crate::{config::PasswordHashing, hashing::argon2};

    fn threads(count: usize) -> Threads {
        let cost = PasswordHashing { memory_kib: 8, iterations: 1, ..PasswordHashing::default() };
        Threads::start(count, &argon2(&cost).unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_job_that_panics_is_an_error_and_the_next_one_is_done() {
        let threads = threads(1);
        let failed = threads.run(|_| -> u8 { panic!("it fails") }).await;
        assert_eq!(failed.unwrap_err().to_string(), "the job panicked");
        assert_eq!(threads.run(|_| 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_job_that_nobody_waits_for_any_more_is_not_begun() {
        let threads = threads(1);
        let (release, released) = mpsc::channel();
        let mut first = pin!(threads.run(move |_| released.recv()));
        assert!(timeout(Duration::ZERO, &mut first).await.is_err());
        let begun = Arc::<AtomicBool>::default();
        let begins = Arc::clone(&begun);
        let abandoned = threads.run(move |_| begins.store(true, Ordering::Relaxed));
        assert!(timeout(Duration::ZERO, abandoned).await.is_err());
        release.send(()).unwrap();
        first.await.unwrap().unwrap();
        threads.run(|_| ()).await.unwrap();
        assert!(!begun.load(Ordering::Relaxed));
    }

    #[tokio::test]
    async fn threads_end_with_the_last_who_may_use_them() {
        thread_local!(static OPEN: Cell<Option<mpsc::Sender<()>>> = const { Cell::new(None) });
        let threads = threads(1);
        let (open, ended) = mpsc::channel();
        threads.run(|_| OPEN.set(Some(open))).await.unwrap();
        assert_eq!(ended.try_recv(), Err(mpsc::TryRecvError::Empty));
        drop(threads);
        assert_eq!(ended.try_recv(), Err(mpsc::TryRecvError::Disconnected));
    }
}

//! The pool in which passwords are hashed: bounded, because each hash takes a core and 19 MiB.

mod threads;
mod worker;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread::available_parallelism,
    time::{Duration, Instant},
};

use anyhow::Context;
use argon2::{Algorithm, Argon2, Params, Version, password_hash::phc::PasswordHash};
use grove_shared::token;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use self::{threads::Threads, worker::Worker};
use crate::{
    account::Account,
    config::PasswordHashing,
    error::AuthError,
    password::{MAX_BYTES, NewPassword},
};

/// Hashes and checks passwords, a few at a time.
#[derive(Clone)]
pub struct Hasher(Arc<Pool>);

struct Pool {
    argon2: Argon2<'static>,
    threads: Threads,
    /// As many as there are threads, so that whoever has one finds a thread free.
    permits: Arc<Semaphore>,
    concurrency: usize,
    queued: AtomicUsize,
    longest_wait: Duration,
    /// What a hash took of late.
    micros: AtomicU64,
    /// What a password is checked against when there is no account, so that the work is the same.
    decoy: String,
}

impl Hasher {
    /// A pool; hashes once, to know how long that takes.
    ///
    /// # Errors
    /// When the cost is outside of argon2's limits, or no thread can be started.
    pub fn new(cost: &PasswordHashing) -> anyhow::Result<Self> {
        let argon2 = argon2(cost)?;
        let started = Instant::now();
        let decoy = hash(&argon2, &token::generate())?;
        // One core is left to everybody else while many sign in at once.
        let cores = || available_parallelism().map_or(1, |cores| cores.get() - 1);
        let concurrency = cost.concurrency.unwrap_or_else(cores).max(1);
        Ok(Self(Arc::new(Pool {
            threads: Threads::start(concurrency, &argon2)?,
            argon2,
            permits: Arc::new(Semaphore::new(concurrency)),
            concurrency,
            queued: AtomicUsize::new(0),
            longest_wait: cost.longest_wait,
            micros: AtomicU64::new(micros(started.elapsed())),
            decoy,
        })))
    }

    /// Waits for a turn. Who gives up waiting leaves the queue.
    ///
    /// # Errors
    /// [`AuthError::Busy`] when the queue is too long.
    pub(crate) async fn turn(&self) -> Result<Turn, AuthError> {
        let _place = Place::take(&self.0)?;
        let permit = Arc::clone(&self.0.permits).acquire_owned().await;
        let permit = permit.context("the hashing pool is closed")?;
        Ok(Turn { pool: Arc::clone(&self.0), permit })
    }

    /// Whether a hash was made at another cost than the configured one.
    pub(crate) fn is_outdated(&self, hash: &str) -> bool {
        is_outdated(&self.0.argon2, hash)
    }

    /// Hashes a password that the owner of an account chose, if it keeps the rules. To judge a password
    /// takes a while too, and with some a second.
    pub(crate) async fn hash_chosen(
        &self,
        password: SecretString,
        account: Account,
        chapter: String,
    ) -> Result<String, AuthError> {
        let judge = move |_: &mut Worker| NewPassword::parse(password, &account, &chapter);
        let password = self.turn().await?.run(judge, false).await??;
        self.hash(password.into_secret()).await
    }

    /// Hashes a password that keeps the rules.
    pub(crate) async fn hash(&self, password: SecretString) -> Result<String, AuthError> {
        let hash = move |worker: &mut Worker| worker.hash(&password);
        Ok(self.turn().await?.run(hash, true).await??)
    }
}

/// The function, at its cost.
pub(crate) fn argon2(cost: &PasswordHashing) -> anyhow::Result<Argon2<'static>> {
    let params = Params::new(cost.memory_kib, cost.iterations, 1, None)
        .context("PASSWORD_MEMORY_KIB or PASSWORD_ITERATIONS is out of range")?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Hashes with a salt of its own, into a PHC string. Blocks for long.
pub(crate) fn hash(argon2: &Argon2<'static>, password: &SecretString) -> anyhow::Result<String> {
    Worker::new(argon2.clone()).hash(password)
}

fn is_outdated(argon2: &Argon2<'_>, hash: &str) -> bool {
    let params = PasswordHash::new(hash).ok().and_then(|hash| Params::try_from(&hash).ok());
    params.is_some_and(|made| {
        let now = argon2.params();
        (made.m_cost(), made.t_cost(), made.p_cost()) != (now.m_cost(), now.t_cost(), now.p_cost())
    })
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}

/// A place in the queue, given up when its holder is served or leaves.
struct Place<'a>(&'a Pool);

impl<'a> Place<'a> {
    fn take(pool: &'a Pool) -> Result<Self, AuthError> {
        let ahead = pool.queued.fetch_add(1, Ordering::Relaxed);
        let place = Self(pool);
        let rounds = u64::try_from(ahead / pool.concurrency).unwrap_or(u64::MAX);
        let micros = rounds.saturating_mul(pool.micros.load(Ordering::Relaxed));
        let wait = Duration::from_micros(micros);
        // By then everybody has been served who is in the queue.
        if wait > pool.longest_wait { Err(AuthError::Busy(wait)) } else { Ok(place) }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.queued.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The right to hash once.
pub(crate) struct Turn {
    pool: Arc<Pool>,
    permit: OwnedSemaphorePermit,
}

impl Turn {
    /// Whether `password` is the one behind `hash`. Takes the same time without a hash, and with one that
    /// was made at a lower cost.
    pub(crate) async fn verify(
        self,
        password: &SecretString,
        hash: Option<&str>,
    ) -> Result<bool, AuthError> {
        if password.expose_secret().len() > MAX_BYTES {
            // No account has such a password, so this tells nothing of one.
            return Ok(false);
        }
        let known = hash.is_some();
        let is_outdated = hash.is_some_and(|hash| is_outdated(&self.pool.argon2, hash));
        let usual = Duration::from_micros(self.pool.micros.load(Ordering::Relaxed));
        let started = Instant::now();
        let (password, hash) = (password.clone(), hash.unwrap_or(&self.pool.decoy).to_owned());
        let verify = move |worker: &mut Worker| worker.matches(&password, &hash);
        let matches = self.run(verify, !is_outdated).await??;
        if is_outdated {
            tokio::time::sleep(usual.saturating_sub(started.elapsed())).await;
        }
        Ok(matches && known)
    }

    /// Does `work` on a thread of the pool. The turn lasts until it is done, even if the request that
    /// asked for it is gone. Work that `is_usual` tells how long a hash takes.
    async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce(&mut Worker) -> T + Send + 'static,
        is_usual: bool,
    ) -> anyhow::Result<T> {
        let Self { pool, permit } = self;
        let timed = move |worker: &mut Worker| {
            let started = Instant::now();
            let result = work(worker);
            drop(permit);
            (result, started.elapsed())
        };
        let (result, took) = pool.threads.run(timed).await.context("hashing failed")?;
        if is_usual {
            let old = pool.micros.load(Ordering::Relaxed);
            pool.micros.store((old * 7 + micros(took)) / 8, Ordering::Relaxed);
        }
        Ok(result)
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use grove_http::ApiError;
    use http::{StatusCode, header};

    use super::*;

    const CHEAP: PasswordHashing = PasswordHashing {
        memory_kib: 8,
        iterations: 1,
        concurrency: Some(1),
        longest_wait: Duration::from_secs(4),
    };

    #[tokio::test]
    async fn the_right_password_is_known_again_and_a_decoy_never_matches() {
        let hasher = Hasher::new(&CHEAP).unwrap();
        let password = SecretString::from("umbrella trombone glacier");
        let hash = hasher.hash(password.clone()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{hash}");
        let verify = async |password: &str, hash: Option<&str>| {
            hasher.turn().await.unwrap().verify(&password.into(), hash).await.unwrap()
        };
        assert!(verify("umbrella trombone glacier", Some(&hash)).await);
        assert!(!verify("umbrella trombone glaciers", Some(&hash)).await);
        assert!(!verify("umbrella trombone glacier", None).await);
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_is_known_as_such_and_takes_as_long_as_any() {
        let hasher = Hasher::new(&CHEAP).unwrap();
        let password = SecretString::from("umbrella trombone glacier");
        let hash = hasher.hash(password.clone()).await.unwrap();
        let dear = Hasher::new(&PasswordHashing { iterations: 2, ..CHEAP }).unwrap();
        assert!(!hasher.is_outdated(&hash) && dear.is_outdated(&hash));
        let usual = Duration::from_millis(200);
        dear.0.micros.store(micros(usual), Ordering::Relaxed);
        let started = Instant::now();
        assert!(dear.turn().await.unwrap().verify(&password, Some(&hash)).await.unwrap());
        assert!(started.elapsed() >= usual);
        assert_eq!(dear.0.micros.load(Ordering::Relaxed), micros(usual));
    }

    #[tokio::test]
    async fn the_queue_is_bounded_by_the_time_it_takes() {
        let hasher = Hasher::new(&CHEAP).unwrap();
        hasher.0.micros.store(1_000_000, Ordering::Relaxed);
        let served = hasher.turn().await.unwrap();
        let waiting: Vec<_> = (0..5)
            .map(|_| {
                let hasher = hasher.clone();
                tokio::spawn(async move { hasher.turn().await.map(drop) })
            })
            .collect();
        while hasher.0.queued.load(Ordering::Relaxed) < 5 {
            tokio::task::yield_now().await;
        }
        let Err(full) = hasher.turn().await else { panic!("there is a place") };
        let reply = ApiError::from(full).into_response();
        assert_eq!(reply.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(reply.headers()[header::RETRY_AFTER], "5");
        drop(served);
        for place in waiting {
            place.await.unwrap().unwrap();
        }
        assert!(hasher.turn().await.is_ok());
    }
}

//! The pool in which passwords are hashed: bounded, because each hash takes a core and 19 MiB.

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
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use grove_shared::token;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    account::Account,
    config::PasswordHashing,
    error::AuthError,
    password::{MAX_BYTES, NewPassword},
};

/// The longest queue, in the time that it takes. Callers inside Grove wait for five seconds.
const LONGEST_QUEUE: Duration = Duration::from_secs(4);

/// Hashes and checks passwords, a few at a time.
#[derive(Clone)]
pub struct Hasher(Arc<Pool>);

struct Pool {
    argon2: Argon2<'static>,
    permits: Arc<Semaphore>,
    concurrency: usize,
    queued: AtomicUsize,
    /// What a hash took of late.
    micros: AtomicU64,
    /// What a password is checked against when there is no account, so that the work is the same.
    decoy: String,
}

impl Hasher {
    /// A pool; hashes once, to know how long that takes.
    ///
    /// # Errors
    /// When the cost is outside of argon2's limits.
    pub fn new(cost: &PasswordHashing) -> anyhow::Result<Self> {
        let argon2 = argon2(cost)?;
        let started = Instant::now();
        let decoy = hash(&argon2, &token::generate())?;
        // One core is left to everybody else while many sign in at once.
        let cores = || available_parallelism().map_or(1, |cores| cores.get() - 1);
        let concurrency = cost.concurrency.unwrap_or_else(cores).max(1);
        Ok(Self(Arc::new(Pool {
            argon2,
            permits: Arc::new(Semaphore::new(concurrency)),
            concurrency,
            queued: AtomicUsize::new(0),
            micros: AtomicU64::new(micros(started.elapsed())),
            decoy,
        })))
    }

    /// Waits for a turn.
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
        let judge = move |_: &Argon2<'_>, _: &str| NewPassword::parse(password, &account, &chapter);
        let password = self.turn().await?.run(judge, false).await??;
        self.hash(password.into_secret()).await
    }

    /// Hashes a password that keeps the rules.
    pub(crate) async fn hash(&self, password: SecretString) -> Result<String, AuthError> {
        let work = move |argon2: &Argon2<'_>, _: &str| hash(argon2, &password);
        Ok(self.turn().await?.run(work, true).await??)
    }
}

/// The function, at its cost.
pub(crate) fn argon2(cost: &PasswordHashing) -> anyhow::Result<Argon2<'static>> {
    let params = Params::new(cost.memory_kib, cost.iterations, 1, None)
        .context("PASSWORD_MEMORY_KIB or PASSWORD_ITERATIONS is out of range")?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Hashes with a salt of its own, into a PHC string. Blocks for long.
pub(crate) fn hash(argon2: &Argon2<'_>, password: &SecretString) -> anyhow::Result<String> {
    Ok(argon2.hash_password(password.expose_secret().as_bytes())?.to_string())
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
        let ahead = u64::try_from(ahead / pool.concurrency).unwrap_or(u64::MAX);
        let wait = ahead.saturating_mul(pool.micros.load(Ordering::Relaxed));
        if wait > micros(LONGEST_QUEUE) { Err(AuthError::Busy) } else { Ok(place) }
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
        let hash = hash.map(str::to_owned);
        let password = password.clone();
        let verify = move |argon2: &Argon2<'_>, decoy: &str| -> anyhow::Result<bool> {
            let hash = PasswordHash::new(hash.as_deref().unwrap_or(decoy))?;
            let password = password.expose_secret().as_bytes();
            Ok(argon2.verify_password(password, &hash).is_ok())
        };
        let matches = self.run(verify, !is_outdated).await??;
        if is_outdated {
            tokio::time::sleep(usual.saturating_sub(started.elapsed())).await;
        }
        Ok(matches && known)
    }

    /// Runs on a thread for blocking work. The turn lasts until the work is done, even if the
    /// request that asked for it is gone. Work that `is_usual` tells how long a hash takes.
    async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce(&Argon2<'_>, &str) -> T + Send + 'static,
        is_usual: bool,
    ) -> anyhow::Result<T> {
        let done = tokio::task::spawn_blocking(move || {
            let Self { pool, permit } = self;
            let started = Instant::now();
            let result = work(&pool.argon2, &pool.decoy);
            if is_usual {
                let (old, last) = (pool.micros.load(Ordering::Relaxed), micros(started.elapsed()));
                pool.micros.store((old * 7 + last) / 8, Ordering::Relaxed);
            }
            drop(permit);
            result
        });
        done.await.context("hashing failed")
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: PasswordHashing =
        PasswordHashing { memory_kib: 8, iterations: 1, concurrency: Some(1) };

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
        assert!(matches!(hasher.turn().await, Err(AuthError::Busy)));
        drop(served);
        for place in waiting {
            place.await.unwrap().unwrap();
        }
        assert!(hasher.turn().await.is_ok());
    }
}

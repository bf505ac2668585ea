//! What other services said a moment ago.

use std::{
    fmt,
    hash::Hash,
    time::{Duration, Instant},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use grove_shared::CallError;
use quick_cache::sync::{Cache, EntryAction, EntryResult};

const MAX_ENTRIES: usize = 10_000;

/// Values by key, each asked for once and then kept for a while.
pub(crate) struct Lookups<K, V> {
    lifetime: Duration,
    entries: Cache<K, Lookup<V>>,
}

/// A value that is known, or being asked for: whoever waits for it drives it, and all get the same
/// answer.
#[derive(Clone)]
struct Lookup<V> {
    began: Instant,
    answer: Shared<BoxFuture<'static, Result<V, CallError>>>,
}

impl<V: Clone> Lookup<V> {
    /// A failure is for those who waited for it; who comes later asks again.
    fn counts(&self, lifetime: Duration) -> bool {
        self.began.elapsed() < lifetime && !matches!(self.answer.peek(), Some(Err(_)))
    }
}

impl<K: Eq + Hash + Clone, V: Clone + Send + Sync + 'static> Lookups<K, V> {
    pub(crate) fn new(lifetime: Duration) -> Self {
        Self { lifetime, entries: Cache::new(MAX_ENTRIES) }
    }

    /// The value of `key`. Of many callers at once, one asks and the others wait for its answer, also
    /// when that is a failure.
    pub(crate) async fn get<F>(&self, key: &K, ask: impl FnOnce() -> F) -> Result<V, CallError>
    where
        F: Future<Output = Result<V, CallError>> + Send + 'static,
    {
        self.lookup(key, ask).answer.await
    }

    /// Forgets everything, also what is being asked for right now.
    pub(crate) fn clear(&self) {
        self.entries.clear();
    }

    fn lookup<F>(&self, key: &K, ask: impl FnOnce() -> F) -> Lookup<V>
    where
        F: Future<Output = Result<V, CallError>> + Send + 'static,
    {
        if let Some(known) = self.entries.get(key)
            && known.counts(self.lifetime)
        {
            return known;
        }
        // Nothing is asked before it is waited for, so what is here was asked after the last `clear`.
        let begin = || Lookup { began: Instant::now(), answer: ask().boxed().shared() };
        let entry = self.entries.entry(key, None, |_, known| {
            if known.counts(self.lifetime) {
                EntryAction::Retain(known.clone())
            } else {
                EntryAction::ReplaceWithGuard
            }
        });
        match entry {
            EntryResult::Retained(known) => known,
            EntryResult::Vacant(place) | EntryResult::Replaced(place, _) => {
                let lookup = begin();
                // Cleared meanwhile: then it is not kept.
                let _ = place.insert(lookup.clone());
                lookup
            }
            EntryResult::Removed(..) | EntryResult::Timeout => begin(),
        }
    }
}

impl<K, V> fmt::Debug for Lookups<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lookups").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;

    fn away() -> CallError {
        CallError::Unreachable { service: "auth".to_owned(), reason: "away".to_owned() }
    }

    #[tokio::test]
    async fn a_value_is_asked_for_once_until_it_is_forgotten() {
        let lookups = Lookups::new(Duration::from_mins(1));
        let get = async |value| lookups.get(&"key", move || async move { Ok(value) }).await;
        assert_eq!((get(1).await, get(2).await), (Ok(1), Ok(1)));
        lookups.clear();
        assert_eq!(get(3).await, Ok(3));
    }

    #[tokio::test]
    async fn all_who_wait_share_a_failure_and_who_comes_later_asks_again() {
        let lookups = Lookups::new(Duration::from_mins(1));
        let (fail, wait) = tokio::sync::oneshot::channel::<()>();
        let first = lookups.get(&"key", || async {
            let _ = wait.await;
            Err(away())
        });
        let others = (0..9).map(|_| lookups.get(&"key", || async { Ok(1) }));
        let fails = async { fail.send(()).unwrap() };
        let (first, others, ()) = tokio::join!(first, join_all(others), fails);
        assert_eq!(first, Err(away()));
        assert!(others.iter().all(|other| *other == Err(away())));
        assert_eq!(lookups.get(&"key", || async { Ok(2) }).await, Ok(2));
    }

    #[tokio::test]
    async fn it_is_bounded() {
        let lookups = Lookups::new(Duration::from_mins(1));
        for key in 0..2 * MAX_ENTRIES {
            let _ = lookups.get(&key, || async { Ok(()) }).await;
        }
        assert!(lookups.entries.len() <= MAX_ENTRIES);
    }
}

//! What other services said a moment ago.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::OnceCell;

const MAX_ENTRIES: usize = 10_000;

type Entries<K, V> = HashMap<K, (Instant, Arc<OnceCell<V>>)>;

/// Values by key, each asked for once and then kept for a while.
#[derive(Debug)]
pub(crate) struct Cache<K, V> {
    lifetime: Duration,
    entries: Mutex<Entries<K, V>>,
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    pub(crate) fn new(lifetime: Duration) -> Self {
        Self { lifetime, entries: Mutex::default() }
    }

    /// The value of `key`. Of many callers at once, one asks and the others wait for its answer.
    pub(crate) async fn get<E>(
        &self,
        key: K,
        ask: impl Future<Output = Result<V, E>>,
    ) -> Result<V, E> {
        self.cell(key).get_or_try_init(|| ask).await.cloned()
    }

    /// Forgets everything, also what is being asked for right now.
    pub(crate) fn clear(&self) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn cell(&self, key: K) -> Arc<OnceCell<V>> {
        let now = Instant::now();
        let fresh = |made: &Instant| now.duration_since(*made) < self.lifetime;
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made, cell)) = entries.get(&key)
            && fresh(made)
        {
            return cell.clone();
        }
        if entries.len() >= MAX_ENTRIES {
            entries.retain(|_, (made, _)| fresh(made));
        }
        if entries.len() >= MAX_ENTRIES {
            entries.clear();
        }
        let cell = Arc::<OnceCell<V>>::default();
        entries.insert(key, (now, cell.clone()));
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_value_is_asked_for_once_until_it_is_forgotten() {
        let cache = Cache::new(Duration::from_mins(1));
        let get = async |value| cache.get("key", async move { Ok::<_, ()>(value) }).await;
        assert_eq!((get(1).await, get(2).await), (Ok(1), Ok(1)));
        cache.clear();
        assert_eq!(get(3).await, Ok(3));
        assert_eq!(cache.get("other", async { Err("away") }).await, Err("away"));
        assert_eq!(cache.get("other", async { Ok::<_, &str>(4) }).await, Ok(4));
    }

    #[tokio::test]
    async fn a_cache_is_bounded() {
        let cache = Cache::new(Duration::from_mins(1));
        for key in 0..=MAX_ENTRIES {
            let _ = cache.get(key, async { Ok::<_, ()>(()) }).await;
        }
        assert!(cache.entries.lock().unwrap().len() <= MAX_ENTRIES);
    }
}

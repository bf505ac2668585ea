//! What services say to everybody, kept for a while: a page that shows the same to all its visitors asks
//! for it once in half a minute, and stands while a service is away.
//!
//! A key names the call, an answer is its body. The calls are the website's own, see
//! [`crate::gateway::Gateway::public`]: what a service tells one person alone cannot get in here.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use grove_shared::{CallError, Clock};
use quick_cache::{Weighter, sync::Cache};
use tokio::time::timeout;

/// How long nobody asks again.
const FRESH: TimeDelta = TimeDelta::seconds(30);
/// How old an answer may be that is shown while another is fetched; with an older one the visitor waits.
const STALE: TimeDelta = TimeDelta::minutes(10);
/// How old an answer may be that is shown because there is no other.
const LAST_RESORT: TimeDelta = TimeDelta::days(1);
/// When a service is asked again that did not answer; it has four seconds of these.
const PAUSE: TimeDelta = TimeDelta::seconds(10);
/// What all that is kept may have.
const MOST_BYTES: u64 = 8 * 1024 * 1024;
/// What an entry has beside its text, rounded up generously, so that the bytes bound the entries too: 8192.
const ENTRY_BYTES: usize = 1024;
/// As many as pages ask for today, and some.
const USUAL_ENTRIES: usize = 64;

/// The answers.
#[derive(Clone)]
pub struct Answers(Arc<Inner>);

struct Inner {
    kept: Cache<Key, Kept, Bytewise>,
    asking: Mutex<Asking>,
}

/// A call: of which service, and its path with the query.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) service: String,
    pub(crate) target: String,
}

/// An answer that is known.
#[derive(Debug, Clone)]
struct Kept {
    body: Bytes,
    asked_at: DateTime<Utc>,
    /// When to ask again.
    due_at: DateTime<Utc>,
}

/// The calls under way, each with the number it was begun under.
#[derive(Default)]
struct Asking {
    last: u64,
    calls: HashMap<Key, (u64, Asked)>,
}

/// A call under way: all who wait for it get the same answer.
type Asked = Shared<BoxFuture<'static, Result<Bytes, CallError>>>;

#[derive(Debug, Clone)]
struct Bytewise;

impl Weighter<Key, Kept> for Bytewise {
    fn weight(&self, key: &Key, kept: &Kept) -> u64 {
        (key.service.len() + key.target.len() + kept.body.len() + ENTRY_BYTES) as u64
    }
}

impl Kept {
    /// A clock that went back makes it older than anything.
    fn is_younger(&self, than: TimeDelta, now: DateTime<Utc>) -> bool {
        (TimeDelta::zero()..than).contains(&(now - self.asked_at))
    }
}

impl Answers {
    /// The answer to a call. Who finds none that may be shown waits up to `patience` for `ask`, which goes on
    /// by itself: of many at once, one asks.
    pub(crate) async fn get<F>(
        &self,
        key: Key,
        clock: &Clock,
        patience: Duration,
        ask: impl FnOnce() -> F,
    ) -> Result<Bytes, CallError>
    where
        F: Future<Output = Result<Bytes, CallError>> + Send + 'static,
    {
        let now = clock.now();
        let kept = self.0.kept.get(&key).filter(|kept| kept.is_younger(LAST_RESORT, now));
        if let Some(kept) = &kept
            && now < kept.due_at
        {
            return Ok(kept.body.clone());
        }
        let service = key.service.clone();
        let asked = self.ask(key, now, ask);
        if let Some(kept) = &kept
            && kept.is_younger(STALE, now)
        {
            return Ok(kept.body.clone());
        }
        let answer = timeout(patience, asked).await.unwrap_or_else(|_| {
            Err(CallError::Unavailable {
                service,
                reason: "no answer in time".to_owned(),
                retry_after: None,
            })
        });
        match (answer, kept) {
            (Err(error), Some(kept)) if !error.is_not_found() => Ok(kept.body),
            (answer, _) => answer,
        }
    }

    /// Forgets what a service said, also what it is about to say: something has changed there.
    pub(crate) fn forget(&self, service: &str) {
        let mut asking = self.asking();
        asking.calls.retain(|key, _| key.service != service);
        self.0.kept.retain(|key, _| key.service != service);
    }

    fn ask<F>(&self, key: Key, now: DateTime<Utc>, ask: impl FnOnce() -> F) -> Asked
    where
        F: Future<Output = Result<Bytes, CallError>> + Send + 'static,
    {
        let mut asking = self.asking();
        if let Some((_, asked)) = asking.calls.get(&key) {
            return asked.clone();
        }
        asking.last += 1;
        let number = asking.last;
        let (this, answer, call) = (self.clone(), ask(), key.clone());
        let asked = async move {
            let answer = answer.await;
            this.settle(call, number, now, &answer);
            answer
        };
        let asked = asked.boxed().shared();
        asking.calls.insert(key, (number, asked.clone()));
        // Visitors come and go; the answer is for the next ones too.
        tokio::spawn(asked.clone());
        asked
    }

    /// Keeps an answer, unless it was forgotten while it came: then it may be from before the change.
    fn settle(
        &self,
        key: Key,
        number: u64,
        asked_at: DateTime<Utc>,
        answer: &Result<Bytes, CallError>,
    ) {
        let mut asking = self.asking();
        if asking.calls.get(&key).is_none_or(|(latest, _)| *latest != number) {
            return;
        }
        asking.calls.remove(&key);
        match answer {
            Ok(body) => {
                let kept = Kept { body: body.clone(), asked_at, due_at: asked_at + FRESH };
                self.0.kept.insert(key, kept);
            }
            Err(error) if error.is_not_found() => {
                self.0.kept.remove(&key);
            }
            Err(error) => {
                if let Some(kept) = self.0.kept.get(&key) {
                    tracing::warn!(%error, "{} is shown as it was at {}", key.target, kept.asked_at);
                    self.0.kept.insert(key, Kept { due_at: asked_at + PAUSE, ..kept });
                }
            }
        }
    }

    fn asking(&self) -> MutexGuard<'_, Asking> {
        self.0.asking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Answers {
    fn default() -> Self {
        let kept = Cache::with_weighter(USUAL_ENTRIES, MOST_BYTES, Bytewise);
        Self(Arc::new(Inner { kept, asking: Mutex::default() }))
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answers").field("entries", &self.0.kept.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use tokio::sync::oneshot;

    use super::*;

    const LONG: Duration = Duration::from_mins(1);

    fn key(target: impl Into<String>) -> Key {
        Key { service: "shelves".to_owned(), target: target.into() }
    }

    #[tokio::test]
    async fn what_was_asked_before_a_change_is_not_kept() {
        let (answers, clock) = (Answers::default(), Clock::system());
        let (tell, old) = oneshot::channel();
        let waits = answers.get(key("/shelves"), &clock, LONG, || async { Ok(old.await.unwrap()) });
        let change = async {
            answers.forget("others");
            answers.forget("shelves");
            tell.send(Bytes::from("old")).unwrap();
        };
        let (old, ()) = tokio::join!(waits, change);
        assert_eq!(old.unwrap(), "old", "who asked before may see it");
        let new = || ready(Ok(Bytes::from("new")));
        assert_eq!(answers.get(key("/shelves"), &clock, LONG, new).await.unwrap(), "new");
        assert!(answers.asking().calls.is_empty());
    }

    #[tokio::test]
    async fn a_visitor_who_leaves_takes_no_answer_along() {
        let (answers, clock) = (Answers::default(), Clock::system());
        let (tell, answer) = oneshot::channel();
        let waits =
            answers.get(key("/shelves"), &clock, LONG, || async { Ok(answer.await.unwrap()) });
        assert!(waits.now_or_never().is_none());
        tell.send(Bytes::from("one")).unwrap();
        let other = answers.get(key("/shelves"), &clock, LONG, || ready(Ok(Bytes::from("two"))));
        assert_eq!(other.await.unwrap(), "one");
    }

    #[tokio::test]
    async fn it_is_bounded_in_entries_and_in_bytes() {
        let (answers, clock) = (Answers::default(), Clock::system());
        for (count, size) in [(10_000, 0), (1000, 100 * 1024), (1, 100 * 1024 * 1024)] {
            let body = Bytes::from(vec![0; size]);
            for number in 0..count {
                let body = body.clone();
                let answer =
                    answers.get(key(format!("/{size}/{number}")), &clock, LONG, || ready(Ok(body)));
                assert_eq!(answer.await.unwrap().len(), size);
            }
            assert!(answers.0.kept.weight() <= MOST_BYTES && answers.0.kept.len() <= 8192);
        }
    }
}

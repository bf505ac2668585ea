//! What the gateway sees of each service: how many requests, how many failures, how fast.

use std::{
    array,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use grove_shared::api::status;
use http::StatusCode;

/// The minutes whose durations are known, the present one among them.
const MINUTES: usize = 5;
/// Durations are counted in steps, each half as long again as the one before, from a quarter of a
/// millisecond to more than half a minute.
const STEPS: usize = 31;
const FIRST_STEP_MS: f64 = 0.25;
const FACTOR: f64 = 1.5;

/// Counts without locks: each request passes here. Two that meet at the turn of a minute may lose one
/// duration, never a request.
#[derive(Debug)]
pub(crate) struct Traffic {
    began: Instant,
    requests: AtomicU64,
    failures: AtomicU64,
    minutes: [Minute; MINUTES],
}

#[derive(Debug)]
struct Minute {
    number: AtomicU64,
    durations: [AtomicU64; STEPS],
}

impl Default for Traffic {
    fn default() -> Self {
        let minute = |_| Minute {
            number: AtomicU64::new(u64::MAX),
            durations: array::from_fn(|_| AtomicU64::new(0)),
        };
        Self {
            began: Instant::now(),
            requests: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            minutes: array::from_fn(minute),
        }
    }
}

impl Traffic {
    pub(crate) fn record(&self, status: StatusCode, took: Duration) {
        self.requests.fetch_add(1, Relaxed);
        if status.is_server_error() {
            self.failures.fetch_add(1, Relaxed);
        }
        let now = self.minute();
        let Some(minute) = self.minutes.get(usize::try_from(now).unwrap_or_default() % MINUTES)
        else {
            return;
        };
        if minute.number.swap(now, Relaxed) != now {
            minute.durations.iter().for_each(|count| count.store(0, Relaxed));
        }
        if let Some(count) = minute.durations.get(step(took)) {
            count.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn seen(&self) -> status::Traffic {
        let now = self.minute();
        let is_recent = |minute: &&Minute| {
            now.checked_sub(minute.number.load(Relaxed)).is_some_and(|age| age < MINUTES as u64)
        };
        let mut counts = [0; STEPS];
        for minute in self.minutes.iter().filter(is_recent) {
            for (sum, count) in counts.iter_mut().zip(&minute.durations) {
                *sum += count.load(Relaxed);
            }
        }
        status::Traffic {
            requests: self.requests.load(Relaxed),
            failures: self.failures.load(Relaxed),
            p50_ms: quantile(&counts, 50),
            p99_ms: quantile(&counts, 99),
        }
    }

    fn minute(&self) -> u64 {
        self.began.elapsed().as_secs() / 60
    }
}

/// The step that a duration belongs to.
fn step(took: Duration) -> usize {
    let milliseconds = took.as_secs_f64() * 1000.0;
    let mut end = FIRST_STEP_MS;
    for step in 0..STEPS - 1 {
        if milliseconds <= end {
            return step;
        }
        end *= FACTOR;
    }
    STEPS - 1
}

/// The end, in milliseconds, of the first steps that have so many percent of all.
fn quantile(counts: &[u64; STEPS], percent: u64) -> Option<f64> {
    let wanted = (counts.iter().sum::<u64>() * percent).div_ceil(100);
    let (mut seen, mut end) = (0, FIRST_STEP_MS);
    for count in counts {
        seen += count;
        if seen >= wanted && wanted > 0 {
            return Some(end);
        }
        end *= FACTOR;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_at_most_half_too_long() {
        let traffic = Traffic::default();
        assert_eq!(traffic.seen().p50_ms, None);
        for number in 0..100 {
            let took = Duration::from_millis(if number < 98 { 10 } else { 1000 });
            let status = if number == 0 { StatusCode::BAD_GATEWAY } else { StatusCode::OK };
            traffic.record(status, took);
        }
        let seen = traffic.seen();
        assert_eq!((seen.requests, seen.failures), (100, 1));
        assert!((10.0..15.0).contains(&seen.p50_ms.unwrap()), "{seen:?}");
        assert!((1000.0..1500.0).contains(&seen.p99_ms.unwrap()), "{seen:?}");
        traffic.record(StatusCode::OK, Duration::from_mins(2));
        assert!(traffic.seen().p99_ms.unwrap() >= 1000.0);
    }
}

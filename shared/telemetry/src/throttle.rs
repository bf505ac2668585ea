//! Log lines that anyone outside can cause, at a bounded rate.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

const INTERVAL: Duration = Duration::from_secs(1);

/// Lets one line a second through, for each place that has one.
#[derive(Debug)]
pub struct Throttle(Mutex<Passed>);

#[derive(Debug)]
struct Passed {
    last: Option<Instant>,
    held_back: u64,
}

impl Throttle {
    /// One that has let nothing through yet.
    pub const fn new() -> Self {
        Self(Mutex::new(Passed { last: None, held_back: 0 }))
    }

    /// Whether to write the line; if so, how many were held back since the last one.
    pub fn pass(&self) -> Option<u64> {
        let mut passed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if passed.last.is_some_and(|last| last.elapsed() < INTERVAL) {
            passed.held_back += 1;
            return None;
        }
        passed.last = Some(Instant::now());
        Some(std::mem::take(&mut passed.held_back))
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_were_held_back_are_counted() {
        let throttle = Throttle::new();
        assert_eq!(throttle.pass(), Some(0));
        assert_eq!((throttle.pass(), throttle.pass()), (None, None));
        throttle.0.lock().unwrap().last = Instant::now().checked_sub(2 * INTERVAL);
        assert_eq!(throttle.pass(), Some(2));
    }
}

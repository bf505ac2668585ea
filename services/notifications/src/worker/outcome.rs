//! What comes of tries, and how long the next one waits for it.

use chrono::{DateTime, TimeDelta, Utc};

const LONGEST_WAIT_SECONDS: i64 = 600;

/// What came of a try.
#[derive(Debug)]
pub(super) enum Outcome {
    Sent,
    /// It did not go out, for reasons of its own.
    Settled,
    /// The channel does not answer; it may be asked again then.
    Down(DateTime<Utc>),
    /// The channel wants to be left alone until then.
    Busy(DateTime<Utc>),
}

/// Until when a channel is left alone after these tries: as it asks for, or a little when it answered none.
pub(super) fn pause(outcomes: &[Outcome]) -> Option<DateTime<Utc>> {
    let asked = |outcome: &Outcome| match outcome {
        Outcome::Busy(end) => Some(*end),
        _ => None,
    };
    let down = |outcome: &Outcome| match outcome {
        Outcome::Down(end) => Some(*end),
        _ => None,
    };
    let all_down = outcomes.iter().map(down).collect::<Option<Vec<_>>>();
    outcomes.iter().filter_map(asked).max().or_else(|| all_down?.into_iter().min())
}

/// Two seconds, doubled by each try up to ten minutes, with up to a quarter more at random.
pub(super) fn backoff(attempts: u32) -> TimeDelta {
    let seconds = (1_i64 << attempts.min(10)).min(LONGEST_WAIT_SECONDS);
    TimeDelta::milliseconds(seconds * 1000 + rand::random_range(0..=seconds * 250))
}

//! How long one payment of the dues makes a member.

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};
use grove_users_api::Membership;

/// Nobody pays for less than this many days.
const SHORTEST: Days = Days::new(60);

/// The term that is paid for on `day`: from that day to the end of the academic year, which is the
/// next 31 August at least 60 days ahead. Who pays in the last weeks of an academic year pays for
/// the one that follows, too.
pub(crate) fn starting_on(day: NaiveDate) -> Membership {
    let earliest = day + SHORTEST;
    let ends_on = earliest.iter_days().find(|day| (day.month(), day.day()) == (8, 31));
    Membership { starts_on: day, ends_on: ends_on.unwrap_or(earliest) }
}

/// A term that has begun at `now` wherever the chapter is: on the day that it is in the westernmost time
/// zone, twelve hours behind UTC. For programs that do not know the chapter's.
pub(crate) fn begun_by(now: DateTime<Utc>) -> Membership {
    starting_on((now - TimeDelta::hours(12)).date_naive())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_ends_on_the_next_31_august_at_least_60_days_ahead() {
        for (starts_on, ends_on) in [
            ("2026-09-01", "2027-08-31"),
            ("2026-12-31", "2027-08-31"),
            ("2027-01-15", "2027-08-31"),
            ("2027-07-02", "2027-08-31"),
            ("2027-07-03", "2028-08-31"),
            ("2027-08-31", "2028-08-31"),
            ("2028-02-29", "2028-08-31"),
        ] {
            let term = starting_on(starts_on.parse().unwrap());
            assert_eq!(term.starts_on.to_string(), starts_on);
            assert_eq!(term.ends_on.to_string(), ends_on, "from {starts_on}");
        }
    }
}

//! The days of the chapter: they begin at its own midnight.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use clap::Args;

/// In which time zone the chapter lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
pub struct ChapterTime {
    /// The time zone that decides when a day begins, by its name at IANA, such as America/Chicago.
    #[arg(long, env = "CHAPTER_TIME_ZONE", default_value_t = Tz::UTC)]
    pub chapter_time_zone: Tz,
}

impl Default for ChapterTime {
    fn default() -> Self {
        Self { chapter_time_zone: Tz::UTC }
    }
}

impl ChapterTime {
    /// The first and the last day whose beginning can be told and kept in a database.
    const DAYS: (NaiveDate, NaiveDate) = (day(1970, 1, 1), day(9999, 12, 30));

    /// The day that `moment` is in.
    pub fn day_of(&self, moment: DateTime<Utc>) -> NaiveDate {
        moment.with_timezone(&self.chapter_time_zone).date_naive()
    }

    /// The first moment of a day. Of days that are far away it is that of the nearest one that is not:
    /// nothing happened between them.
    pub fn start_of(&self, day: NaiveDate) -> DateTime<Utc> {
        let midnight = day.clamp(Self::DAYS.0, Self::DAYS.1).and_time(NaiveTime::MIN);
        // Where a day begins later because clocks are put forward at midnight, its first quarter that is.
        let begins = (0..96).find_map(|quarter| {
            let time = midnight + TimeDelta::minutes(15 * quarter);
            time.and_local_timezone(self.chapter_time_zone).earliest()
        });
        begins.map_or_else(|| midnight.and_utc(), |begins| begins.to_utc())
    }

    /// The first moment after a day.
    pub fn end_of(&self, day: NaiveDate) -> DateTime<Utc> {
        self.start_of(day.checked_add_days(Days::new(1)).unwrap_or(day))
    }
}

const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(day) => day,
        None => NaiveDate::MIN,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Config {
        #[command(flatten)]
        time: ChapterTime,
    }

    fn in_zone(name: &str) -> ChapterTime {
        Config::parse_from(["test", "--chapter-time-zone", name]).time
    }

    #[test]
    fn a_day_begins_at_the_midnight_of_the_chapter() {
        for (zone, date, begins) in [
            ("UTC", "2026-10-01", "2026-10-01T00:00:00Z"),
            ("America/Chicago", "2026-10-01", "2026-10-01T05:00:00Z"),
            ("America/Chicago", "2026-12-01", "2026-12-01T06:00:00Z"),
            ("Asia/Kathmandu", "2026-10-01", "2026-09-30T18:15:00Z"),
            // There is no midnight: clocks are put forward.
            ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z"),
        ] {
            let (time, date) = (in_zone(zone), date.parse().unwrap());
            let begins: DateTime<Utc> = begins.parse().unwrap();
            assert_eq!(time.start_of(date), begins, "{zone}");
            assert_eq!(time.day_of(begins), date, "{zone}");
            assert_eq!(time.day_of(begins - TimeDelta::microseconds(1)), date.pred_opt().unwrap());
            assert_eq!(time.end_of(date.pred_opt().unwrap()), begins, "{zone}");
        }
    }

    #[test]
    fn days_that_are_far_away_begin_too() {
        let time = in_zone("America/Chicago");
        assert_eq!(time.start_of(NaiveDate::MIN), time.start_of(day(1970, 1, 1)));
        assert_eq!(time.end_of(NaiveDate::MAX), time.start_of(day(9999, 12, 30)));
    }

    #[test]
    fn a_time_zone_has_a_name_that_is_known() {
        assert_eq!(Config::parse_from(["test"]).time.chapter_time_zone, Tz::UTC);
        assert!(Config::try_parse_from(["test", "--chapter-time-zone", "Chicago"]).is_err());
    }
}

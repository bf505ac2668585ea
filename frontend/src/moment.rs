//! Days and moments, as pages show them.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use grove_shared::config::ChapterTime;

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(pub DateTime<Utc>);

impl Moment {
    /// For machines: `2026-03-04T19:00:00Z`.
    pub fn iso(&self) -> String {
        self.0.to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    /// The chapter's day: `Mar 4, 2026`
    pub fn day(&self, time: ChapterTime) -> String {
        day(time.day_of(self.0))
    }

    /// As the chapter's clocks show it: `Mar 4, 2026, 1:00 PM CST`
    pub fn minute(&self, time: ChapterTime) -> String {
        let local = self.0.with_timezone(&time.chapter_time_zone);
        local.format("%b %-d, %Y, %-I:%M %p %Z").to_string()
    }
}

/// `Mar 4, 2026`
pub fn day(date: NaiveDate) -> String {
    date.format("%b %-d, %Y").to_string()
}

//! Days and moments, as pages show them.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(pub DateTime<Utc>);

impl Moment {
    /// For machines: `2026-03-04T19:00:00Z`.
    pub fn iso(&self) -> String {
        self.0.to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    /// `Mar 4, 2026`
    pub fn day(&self) -> String {
        day(self.0.date_naive())
    }

    /// `Mar 4, 2026, 7:00 PM UTC`
    pub fn minute(&self) -> String {
        self.0.format("%b %-d, %Y, %-I:%M %p UTC").to_string()
    }
}

/// `Mar 4, 2026`
pub fn day(date: NaiveDate) -> String {
    date.format("%b %-d, %Y").to_string()
}

//! What was sold on each day, for officers: a chart, and the same as a table.

use std::sync::Arc;

use askama::Template;
use chrono::NaiveDate;
use grove_http::extract::Query;
use grove_merch_api::{self as merch, SalesDay};
use grove_shared::Client;
use serde::Deserialize;

use crate::{
    amount::Amount,
    error::PageError,
    gateway::Gateway,
    moment::day,
    period::Period,
    person::Person,
    render::{Frame, Page},
    session::BoardVisitor,
};

/// The chart's own units: it is stretched to the width of the page.
const WIDTH: i64 = 1000;
const HEIGHT: i64 = 200;

#[derive(Debug, Template)]
#[template(path = "merch/sales.html")]
pub(crate) struct Sales {
    frame: Frame,
    person: Arc<Person>,
    period: Period,
    days: Vec<Day>,
    chart: Chart,
    total: Amount,
    count: i64,
}

/// A day in the table.
#[derive(Debug)]
struct Day {
    date: NaiveDate,
    count: i64,
    sum: Amount,
}

impl Day {
    fn label(&self) -> String {
        day(self.date)
    }
}

/// The bars, and the numbers beside them.
#[derive(Debug, Default)]
struct Chart {
    bars: Vec<Bar>,
    /// What the top line stands for.
    top: i64,
    first: String,
    last: String,
}

#[derive(Debug)]
struct Bar {
    x: i64,
    y: i64,
    width: i64,
    height: i64,
    label: String,
}

impl Chart {
    fn new(days: &[Day]) -> Self {
        let (Some(first), Some(last)) = (days.first(), days.last()) else { return Self::default() };
        let top = round_up(days.iter().map(|day| day.sum.0).max().unwrap_or_default());
        let count = Amount::of(days.len()).0;
        let width = (WIDTH / count * 4 / 5).max(1);
        let bars = (0..).zip(days).map(|(index, day)| {
            let (x, end) = (WIDTH * index / count, WIDTH * (index + 1) / count);
            let height = day.sum.0.saturating_mul(HEIGHT) / top;
            // A sale is seen however small it is.
            let height = if day.sum.0 > 0 { height.max(2) } else { 0 };
            let label = format!("{}: {}", day.label(), day.sum);
            Bar { x: x + (end - x - width) / 2, y: HEIGHT - height, width, height, label }
        });
        Self { bars: bars.collect(), top, first: first.label(), last: last.label() }
    }

    /// The numbers beside the lines, from the top.
    fn scale(&self) -> [String; 3] {
        [self.top, self.top / 2, 0].map(|credits| Amount(credits).dollars())
    }
}

/// The next number that is easy to read, and to halve: 1, 2 or 5 with zeros, at least a dollar.
fn round_up(most: i64) -> i64 {
    let mut unit = 100;
    loop {
        for step in [1, 2, 5] {
            let top = step * unit;
            if top >= most {
                return top;
            }
        }
        let Some(larger) = i64::checked_mul(unit, 10).filter(|unit| *unit < i64::MAX / 50) else {
            return most;
        };
        unit = larger;
    }
}

/// From when to when; empty for the last days.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Part {
    from: String,
    to: String,
}

pub(crate) async fn show(
    BoardVisitor(person): BoardVisitor,
    frame: Frame,
    gateway: Gateway,
    Query(part): Query<Part>,
) -> Result<Page<Sales>, PageError> {
    let mut period = Period::read(&part.from, &part.to);
    let days = if period.form.is_wrong() {
        Vec::new()
    } else {
        match gateway.call(merch::sales(period.from, period.to)).await {
            Ok(days) => days,
            Err(error) => {
                period.form.refuse(error)?;
                Vec::new()
            }
        }
    };
    if let (Some(first), Some(last)) = (days.first(), days.last()) {
        // The period that the answer is about.
        period.form.set("from", first.day.to_string());
        period.form.set("to", last.day.to_string());
    }
    let read = |SalesDay { day, count, credits }| Day { date: day, count, sum: Amount(credits) };
    let days: Vec<Day> = days.into_iter().map(read).collect();
    let total = Amount(days.iter().map(|day| day.sum.0).fold(0, i64::saturating_add));
    let count = days.iter().map(|day| day.count).fold(0, i64::saturating_add);
    let chart = Chart::new(&days);
    Ok(Page(Sales { frame, person, period, days, chart, total, count }))
}

#[cfg(test)]
mod tests {
    use super::round_up;

    #[test]
    fn the_scale_ends_at_a_number_that_is_easy_to_read() {
        for (most, top) in [(0, 100), (100, 100), (101, 200), (350, 500), (999, 1000), (1001, 2000)]
        {
            assert_eq!(round_up(most), top, "{most}");
        }
        assert!(round_up(i64::MAX) > 0);
    }
}

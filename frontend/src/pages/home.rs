//! The first page: what the chapter is, and what happens next.

use askama::Template;
use chrono::NaiveDateTime;

use crate::{
    error::PageError,
    events::{self, Event},
    gateway::Gateway,
    links::web_url,
    render::{Frame, Page},
};

#[derive(Debug, Template)]
#[template(path = "home.html")]
pub(crate) struct Home {
    frame: Frame,
    calendar: Option<Vec<Entry>>,
}

/// An event as the calendar shows it.
#[derive(Debug)]
struct Entry {
    name: String,
    url: Option<String>,
    when: String,
    place: Option<String>,
}

pub(crate) async fn show(frame: Frame, gateway: Gateway) -> Result<Page<Home>, PageError> {
    let events = gateway.public(events::upcoming()).await;
    let calendar = match events {
        Ok(events) => Some(events.into_iter().map(Entry::from).collect()),
        Err(cause) => {
            tracing::debug!(%cause, "no calendar");
            None
        }
    };
    Ok(Page(Home { frame, calendar }))
}

impl From<Event> for Entry {
    fn from(event: Event) -> Self {
        Self {
            url: event.url.as_deref().and_then(web_url),
            when: when(&event.start_time, event.end_time.as_deref()),
            place: event.place.map(|place| place.name).filter(|name| !name.is_empty()),
            name: event.name,
        }
    }
}

/// `Mar 4, 7:00 PM - 9:00 PM`, or `Mar 4 - Mar 6`; a time that cannot be read stays as it is.
fn when(start: &str, end: Option<&str>) -> String {
    let Some(from) = time(start) else { return start.to_owned() };
    let day = |time: NaiveDateTime| time.format("%b %-d").to_string();
    let hour = |time: NaiveDateTime| time.format("%-I:%M %p").to_string();
    match end.and_then(time) {
        None => format!("{}, {}", day(from), hour(from)),
        Some(to) if to.date() == from.date() => {
            format!("{}, {} - {}", day(from), hour(from), hour(to))
        }
        Some(to) => format!("{} - {}", day(from), day(to)),
    }
}

fn time(text: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(text, "%B %d %Y, %I:%M %p").ok()
}

#[cfg(test)]
mod tests {
    use super::when;

    #[test]
    fn an_event_tells_its_days_and_hours() {
        let start = "March 4 2018, 7:00 PM";
        assert_eq!(when(start, None), "Mar 4, 7:00 PM");
        assert_eq!(when(start, Some("March 4 2018, 9:30 PM")), "Mar 4, 7:00 PM - 9:30 PM");
        assert_eq!(when(start, Some("March 6 2018, 9:30 PM")), "Mar 4 - Mar 6");
        assert_eq!(when("some day", None), "some day");
    }
}

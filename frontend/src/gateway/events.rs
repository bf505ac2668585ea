//! The calendar.

use serde::Deserialize;

use super::{Gateway, GatewayError};

/// Something to come to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Event {
    /// What it is called.
    pub name: String,
    /// Where more about it is.
    #[serde(default)]
    pub url: Option<String>,
    /// When it begins: `March 4 2018, 7:00 PM`.
    pub start_time: String,
    /// When it ends, in the same form.
    #[serde(default)]
    pub end_time: Option<String>,
    /// Where it is.
    #[serde(default)]
    pub place: Option<Place>,
}

/// Where an event is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Place {
    /// What it is called.
    pub name: String,
}

impl Gateway {
    /// What has not ended, soonest first.
    pub async fn upcoming_events(&self) -> Result<Vec<Event>, GatewayError> {
        self.get(&["events", "upcoming"]).await
    }
}

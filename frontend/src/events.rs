//! The calendar on the wire, until a service with a contract of its own has it.

use grove_shared::{Call, Service};
use serde::{Deserialize, Serialize};

/// The service of the calendar, which the gateway knows by its path alone.
const SERVICE: Service = Service { name: "events", port: 0 };

/// What has not ended, soonest first. For everybody.
pub fn upcoming() -> Call<Vec<Event>> {
    Call::get(SERVICE, "/events/upcoming", &[])
}

/// Something to come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What it is called.
    pub name: String,
    /// Where more about it is.
    pub url: Option<String>,
    /// When it begins: `March 4 2018, 7:00 PM`.
    pub start_time: String,
    /// When it ends, in the same form.
    pub end_time: Option<String>,
    /// Where it is.
    pub place: Option<Place>,
}

/// Where an event is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// What it is called.
    pub name: String,
}

//! A signed-in browser.

use chrono::{DateTime, TimeDelta, Utc};
use grove_auth_api as api;
use grove_shared::NetId;

/// A session that nobody uses ends after this time.
pub(crate) const IDLE: TimeDelta = TimeDelta::hours(12);
/// A session ends after this time however much it is used.
pub(crate) const ABSOLUTE: TimeDelta = TimeDelta::days(30);
/// How exact the time of last use is, to spare the database a write at each request.
pub(crate) const USE_PRECISION: TimeDelta = TimeDelta::minutes(1);
/// The characters of a browser's name that are kept.
const MAX_USER_AGENT_CHARS: usize = 255;

/// A session that is alive, and whose it is.
#[derive(Debug, Clone)]
pub(crate) struct LiveSession {
    pub(crate) id: u64,
    pub(crate) netid: NetId,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) last_used_at: DateTime<Utc>,
}

impl From<LiveSession> for api::ResolvedSession {
    fn from(session: LiveSession) -> Self {
        let LiveSession { id, netid, created_at, last_used_at, .. } = session;
        Self { session: id, netid, created_at, last_used_at }
    }
}

/// Where a person signs in from, for the list of their sessions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Device {
    pub(crate) address: Option<std::net::IpAddr>,
    user_agent: Option<String>,
}

impl Device {
    pub(crate) fn new(address: Option<std::net::IpAddr>, user_agent: Option<&str>) -> Self {
        let shortened = |text: &str| text.chars().take(MAX_USER_AGENT_CHARS).collect();
        Self { address, user_agent: user_agent.map(shortened) }
    }

    pub(crate) fn user_agent(&self) -> Option<&str> {
        self.user_agent.as_deref()
    }
}

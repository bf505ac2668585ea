//! What is kept of one person.

use chrono::{DateTime, Utc};
use grove_shared::NetId;
use serde::Serialize;

/// A place that someone has or had.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Held {
    pub(crate) id: u64,
    /// As [`crate::group::GroupKey`] is written.
    pub(crate) group: String,
    pub(crate) name: String,
    pub(crate) lead: bool,
    pub(crate) title: String,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) started_by: String,
    pub(crate) ended_at: Option<DateTime<Utc>>,
    pub(crate) ended_by: Option<String>,
}

/// A place of somebody else that they gave or ended. Whose it is concerns that person.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Decision {
    pub(crate) group: String,
    pub(crate) gave_at: Option<DateTime<Utc>>,
    pub(crate) ended_at: Option<DateTime<Utc>>,
}

/// What a group says of itself.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Words {
    pub(crate) group: String,
    pub(crate) words: String,
}

impl Words {
    /// Whether a NetID stands in it as a word.
    pub(crate) fn name(&self, netid: &NetId) -> bool {
        let mut words = self.words.split(|c: char| !c.is_alphanumeric());
        words.any(|word| word.eq_ignore_ascii_case(netid.as_str()))
    }
}

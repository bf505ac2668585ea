//! What each service keeps of a person, and how it forgets them: calls of the service users.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{Call, NetId, Service};

/// Everything that a service keeps of a person. For the service users.
pub fn export(service: Service, netid: &NetId) -> Call<Value> {
    Call::get(service, "/internal/personal-data/{netid}", &[netid])
}

/// Has a service forget a person; once more does no harm. For the service users.
pub fn forget(service: Service, netid: &NetId) -> Call<Forgotten> {
    let netid = netid.clone();
    Call::post(service, "/internal/personal-data/forget", &[]).json(&Forget { netid })
}

/// Whom to forget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forget {
    /// Their login name.
    pub netid: NetId,
}

/// What became of what a service kept of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Forgotten {
    /// What is gone, or names nobody any more.
    pub removed: Vec<Removed>,
    /// What stays.
    pub kept: Vec<Kept>,
}

/// Something of a person that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Removed {
    /// What it was, for people.
    #[schema(example = "votes")]
    pub what: String,
    /// How many.
    pub count: u64,
}

/// Something of a person that stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Kept {
    /// What it is, for people.
    #[schema(example = "purchases, without a name")]
    pub what: String,
    /// Why, in a sentence.
    pub why: String,
}

impl Forgotten {
    /// Adds what is gone, unless there was none.
    #[must_use]
    pub fn removed(mut self, what: &str, count: u64) -> Self {
        if count > 0 {
            self.removed.push(Removed { what: what.to_owned(), count });
        }
        self
    }

    /// Adds what stays, and why.
    #[must_use]
    pub fn kept(mut self, what: &str, why: &str) -> Self {
        self.kept.push(Kept { what: what.to_owned(), why: why.to_owned() });
        self
    }
}

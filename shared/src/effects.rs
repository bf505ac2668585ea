//! Side effects that have not arrived, as officers see them, listed by `GET /outbox/{service}` of each; and as
//! the person sees them whom they concern.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{Call, NetId, Service, envelope::Message};

/// What a service has not delivered yet, the oldest first, after the effect `after`.
pub fn list(service: Service, after: Option<u64>) -> Call<Effects> {
    Call::get(service, "/outbox/{service}", &[&service.name]).query("after", after)
}

/// What did not go through of what concerns the caller, the latest first. For every person.
pub fn mine(service: Service) -> Call<Vec<Failed>> {
    Call::get(service, "/outbox/{service}/mine", &[&service.name])
}

/// Has an effect delivered again that was given up.
pub fn replay(service: Service, id: u64) -> Call<Message> {
    Call::post(service, "/outbox/{service}/{id}/replay", &[&service.name, &id])
}

/// What has not arrived yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Effects {
    /// How many wait.
    pub pending: i64,
    /// How many were given up.
    pub dead: i64,
    /// The oldest first, at most 100 after the one asked for.
    pub effects: Vec<PendingEffect>,
}

/// An effect that has not arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PendingEffect {
    /// Identifies the effect within its service.
    pub id: u64,
    /// What it is in the words of people, such as `The payment of 20 credits for the gig "Poster"`; not known
    /// of those from before effects had words.
    #[serde(default)]
    pub what: Option<String>,
    /// The person whom it concerns, who sees it, too, when it was given up.
    #[serde(default)]
    pub concerns: Option<NetId>,
    /// The service that it is for.
    pub peer: String,
    /// The path that it is sent to.
    pub path: String,
    /// The JSON that it sends.
    pub body: Value,
    /// Tries so far.
    pub attempts: u32,
    /// What the last try brought.
    pub last_error: Option<String>,
    /// When its cause happened.
    pub created_at: DateTime<Utc>,
    /// When it is tried next; for a dead one, when it would have been.
    pub next_attempt_at: DateTime<Utc>,
    /// When it was given up.
    pub dead_at: Option<DateTime<Utc>>,
}

/// Something that did not go through, for the person whom it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failed {
    /// What it is, as in [`PendingEffect`].
    pub what: String,
    /// When its cause happened.
    pub created_at: DateTime<Utc>,
}

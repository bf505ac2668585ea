//! What became of messages.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which deliveries are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LogFilter {
    /// Those that are older than this one; from the newest if nothing is said.
    pub after: Option<u64>,
    /// How many: 100 if nothing is said, at most 1000.
    pub limit: Option<u32>,
    /// Those in this state.
    pub state: Option<DeliveryState>,
    /// Those to this address, place or member.
    #[param(example = "jsmith2")]
    pub recipient: Option<String>,
}

/// A page of the delivery log, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Deliveries {
    /// The deliveries.
    pub deliveries: Vec<Delivery>,
    /// What to send as `after` for the next page; null on the last one.
    pub next: Option<u64>,
}

/// One message to one recipient on one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    /// Identifies the delivery.
    pub id: u64,
    /// What it is a part of.
    pub notification_id: u64,
    /// The way it takes: `email`, `slack`, `discord` or `x`.
    pub channel: String,
    /// Whom it is for: an address or a place.
    pub recipient: String,
    /// Where it is on that way.
    pub state: DeliveryState,
    /// Tries so far.
    pub attempts: u32,
    /// What the last try brought, or what it waits for.
    pub last_error: Option<String>,
    /// What it is about.
    pub subject: Option<String>,
    /// The kind of the message.
    pub kind: String,
    /// The officer that it comes from, `a former member` when they are forgotten, or `service:` and a name.
    #[schema(example = "admin2")]
    pub requested_by: String,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it reached its state, unless it waits.
    pub settled_at: Option<DateTime<Utc>>,
}

/// Where a message to one recipient is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// It waits for its turn, or for another try.
    Queued,
    /// It went out.
    Sent,
    /// It was refused for good.
    Failed,
    /// It was given up after many tries.
    Dead,
    /// The recipient does not want it.
    Skipped,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Queued, Self::Sent, Self::Failed, Self::Dead, Self::Skipped];

    /// What it is called.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Dead => "dead",
            Self::Skipped => "skipped",
        }
    }
}

impl fmt::Display for DeliveryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A message and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SentNotification {
    /// Identifies it.
    pub id: u64,
    /// Its kind.
    pub kind: String,
    /// The text; empty for a kind whose text is nobody's business.
    pub message: String,
    /// The officer that it comes from, `a former member` when they are forgotten, or `service:` and a name.
    #[schema(example = "admin2")]
    pub requested_by: String,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// What became of it.
    pub deliveries: Vec<Delivery>,
}

/// The ways to people, and the kinds of messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Channels {
    /// Every channel, whether it is configured or not.
    pub channels: Vec<ChannelState>,
    /// Every kind of message that officers may send.
    pub kinds: Vec<KindState>,
}

/// A way to people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChannelState {
    /// `email`, `slack`, `discord` or `x`.
    pub name: String,
    /// Whether messages can go out on it.
    pub configured: bool,
    /// Until when it is left alone, because it does not answer or asked for it.
    pub paused_until: Option<DateTime<Utc>>,
    /// Who a message may be from; empty when nobody chooses.
    pub senders: Vec<String>,
}

/// A kind of message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KindState {
    /// What it is called.
    pub name: String,
    /// Whether everyone gets it.
    pub mandatory: bool,
}

/// Says that something was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Confirmation {
    /// What.
    pub message: String,
}

//! Messages to people: sending them, what became of them, and who wants which.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Gateway, GatewayError};
use crate::once::OnceKey;

/// The ways to people, and the kinds of messages.
#[derive(Debug, Clone, Deserialize)]
pub struct Channels {
    /// Every channel, whether it is configured or not.
    pub channels: Vec<ChannelState>,
    /// Every kind of message.
    pub kinds: Vec<KindState>,
}

/// A way to people.
#[derive(Debug, Clone, Deserialize)]
pub struct ChannelState {
    /// `email`, `slack`, `discord` or `x`.
    pub name: String,
    /// Whether messages can go out on it.
    pub configured: bool,
    /// Who a message may be from; empty when nobody chooses.
    #[serde(default)]
    pub senders: Vec<String>,
}

/// A kind of message.
#[derive(Debug, Clone, Deserialize)]
pub struct KindState {
    /// How the API names it.
    pub name: String,
    /// Whether everyone gets it.
    #[serde(default)]
    pub mandatory: bool,
}

/// Which deliveries are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct LogPart {
    /// Those in this state; all when empty.
    #[serde(default)]
    pub state: String,
    /// Those to this person or address; all when empty.
    #[serde(default)]
    pub recipient: String,
    /// Those before this one; from the newest when empty.
    #[serde(default)]
    pub after: String,
}

/// A page of the delivery log, the newest first.
#[derive(Debug, Clone, Deserialize)]
pub struct Deliveries {
    /// The deliveries.
    pub deliveries: Vec<Delivery>,
    /// Where the next page begins.
    #[serde(default)]
    pub next: Option<u64>,
}

/// One message to one recipient on one channel.
#[derive(Debug, Clone, Deserialize)]
pub struct Delivery {
    /// Identifies the delivery.
    pub id: u64,
    /// What it is a part of.
    pub notification_id: u64,
    /// The way it takes.
    pub channel: String,
    /// Whom it is for.
    pub recipient: String,
    /// Where it is on that way.
    pub state: String,
    /// Tries so far.
    pub attempts: u32,
    /// What the last try brought.
    #[serde(default)]
    pub last_error: Option<String>,
    /// What it is about.
    #[serde(default)]
    pub subject: Option<String>,
    /// The service or officer that it comes from.
    #[serde(default)]
    pub requested_by: String,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
}

/// A message and its deliveries.
#[derive(Debug, Clone, Deserialize)]
pub struct SentNotification {
    /// Identifies it.
    pub id: u64,
    /// Its kind.
    #[serde(default)]
    pub kind: String,
    /// The text.
    pub message: String,
    /// The service or officer that it comes from.
    #[serde(default)]
    pub requested_by: String,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// What became of it.
    pub deliveries: Vec<Delivery>,
}

/// What a message would look like, and how many it would reach.
#[derive(Debug, Clone, Deserialize)]
pub struct Preview {
    /// How many people.
    pub recipients: u64,
    /// How many on each channel.
    #[serde(default)]
    pub by_channel: BTreeMap<String, u64>,
    /// How many do not want it.
    #[serde(default)]
    pub skipped: u64,
    /// The subject as it is sent.
    #[serde(default)]
    pub subject: Option<String>,
    /// The text as it is sent.
    pub text: String,
    /// The HTML alternative as it is sent.
    #[serde(default)]
    pub html: Option<String>,
}

/// Whether someone wants a kind of message on a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preference {
    /// The kind.
    pub kind: String,
    /// The channel.
    pub channel: String,
    /// Whether they get it.
    pub enabled: bool,
    /// Whether that cannot be changed.
    #[serde(default, skip_serializing)]
    pub mandatory: bool,
}

impl Preference {
    /// Whether both are about the same kind on the same channel.
    pub fn names(&self, other: &Self) -> bool {
        self.kind == other.kind && self.channel == other.channel
    }
}

#[derive(Debug, Deserialize)]
struct Preferences {
    preferences: Vec<Preference>,
}

#[derive(Debug, Deserialize)]
struct Sent {
    id: u64,
}

#[derive(Debug, Deserialize)]
struct Done {
    message: String,
}

impl Gateway {
    /// The ways to people, and the kinds of messages.
    pub async fn channels(&self) -> Result<Channels, GatewayError> {
        self.get(&["notifications", "channels"]).await
    }

    /// A page of the delivery log.
    pub async fn deliveries(&self, part: &LogPart) -> Result<Deliveries, GatewayError> {
        let fields = [
            ("state", part.state.as_str()),
            ("recipient", part.recipient.trim()),
            ("after", part.after.as_str()),
        ];
        let query: Vec<_> = fields.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        self.get_with(&["notifications"], &query).await
    }

    /// One message, and what became of it.
    pub async fn notification(&self, id: u64) -> Result<SentNotification, GatewayError> {
        self.get(&["notification", &id.to_string()]).await
    }

    /// Has a delivery tried again that failed.
    pub async fn replay_delivery(&self, id: u64) -> Result<(), GatewayError> {
        let path = ["notifications", "deliveries", &id.to_string(), "replay"];
        self.post::<Value>(&path, &json!({})).await.map(drop)
    }

    /// What a message would look like, and how many it would reach.
    pub async fn preview_notification(&self, message: &Value) -> Result<Preview, GatewayError> {
        self.post(&["notifications", "preview"], message).await
    }

    /// Sends a message; returns its id.
    pub async fn send_notification(
        &self,
        message: &Value,
        key: &OnceKey,
    ) -> Result<u64, GatewayError> {
        Ok(self.post_once::<Sent>(&["notification"], message, key).await?.id)
    }

    /// Which messages the visitor wants, and where.
    pub async fn preferences(&self) -> Result<Vec<Preference>, GatewayError> {
        let path = ["notifications", "preferences"];
        Ok(self.get::<Preferences>(&path).await?.preferences)
    }

    /// Changes which messages the visitor wants.
    pub async fn change_preferences(&self, preferences: &[Preference]) -> Result<(), GatewayError> {
        let path = ["notifications", "preferences"];
        self.put::<Value>(&path, &json!({ "preferences": preferences })).await.map(drop)
    }

    /// Switches off what the token of a mail's link names. The token alone entitles to that, so the
    /// visitor's session stays out of it.
    pub async fn unsubscribe(&self, token: &str) -> Result<String, GatewayError> {
        let nobody = Self { session: None, ..self.clone() };
        let path = ["notifications", "unsubscribe", token];
        Ok(nobody.post::<Done>(&path, &json!({})).await?.message)
    }
}

//! A message to send.

use std::collections::BTreeMap;

use grove_shared::NetId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A message about someone's account, such as a link that sets a password. Everyone gets it, and its
/// text is erased when it has arrived.
pub const ACCOUNT: &str = "account";
/// A message about someone's membership. Everyone gets it.
pub const MEMBERSHIP: &str = "membership";
/// What officers tell everyone; members may switch it off.
pub const ANNOUNCEMENTS: &str = "announcements";
/// News of one's credits; members may switch it off.
pub const CREDITS: &str = "credits";
/// News of one's gigs; members may switch it off.
pub const GIGS: &str = "gigs";
/// News of the vending machine; members may switch it off.
pub const MERCH: &str = "merch";

/// A message, and the channels that carry it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Notification {
    /// How it goes out; each channel once.
    #[schema(min_items = 1, max_items = 4)]
    pub services: Vec<Channel>,
    /// The text, of at most 256 KiB; 40,000 characters by Slack, 2,000 by Discord, 280 by X.
    #[schema(min_length = 1, max_length = 262_144, example = "Pizza in the lounge, at six.")]
    pub message: String,
    /// What kind of message it is. If it says nothing, a service's is `membership`, an officer's
    /// `announcements`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(
        pattern = "^(account|membership|announcements|credits|gigs|merch)$",
        example = "announcements"
    )]
    pub kind: Option<String>,
    /// Members who get it by mail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<NetId>,
    /// Many who get it by mail: `members`, `officers`, `sigs/NAME` or `committees/NAME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(
        pattern = "^(members|officers|(sigs|committees)/[A-Za-z0-9 _-]{1,64})$",
        example = "officers"
    )]
    pub audience: Option<String>,
}

/// One way to people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Channel {
    /// `email`, `slack`, `discord`, `x` or `twitter`.
    #[schema(pattern = "^(email|slack|discord|x|twitter)$", example = "email")]
    pub name: String,
    /// Mail addresses, or places in Slack.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 5000, example = json!(["jsmith2@example.edu"]))]
    pub recipients: Vec<String>,
    /// Who a mail is from: one of the configured senders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// What a mail is about, on one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200, example = "Pizza")]
    pub subject: Option<String>,
    /// The alternative to the text of a mail, of at most 256 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 262_144, example = "<p>Pizza in the lounge, at six.</p>")]
    pub html: Option<String>,
}

impl Notification {
    /// A mail to one person, from the configured sender of the notifications service.
    pub fn mail(recipient: String, subject: &str, message: String) -> Self {
        let channel = Channel::mail(vec![recipient], subject);
        Self { services: vec![channel], message, ..Self::default() }
    }

    /// The same message as one of this kind.
    #[must_use]
    pub fn of_kind(self, kind: &str) -> Self {
        Self { kind: Some(kind.to_owned()), ..self }
    }
}

impl Channel {
    /// Mail to these addresses, from the configured sender of the notifications service.
    pub fn mail(recipients: Vec<String>, subject: &str) -> Self {
        let subject = Some(subject.to_owned());
        Self { name: "email".to_owned(), recipients, subject, ..Self::default() }
    }

    /// These places in Slack.
    pub fn slack(recipients: Vec<String>) -> Self {
        Self { name: "slack".to_owned(), recipients, ..Self::default() }
    }
}

/// A message that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sent {
    /// Identifies it.
    pub id: u64,
    /// Says so.
    pub message: String,
}

/// What a message would look like, and how many it would reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Preview {
    /// How many messages go out.
    pub recipients: u64,
    /// How many on each channel.
    pub by_channel: BTreeMap<String, u64>,
    /// How many more there would be if everyone wanted it.
    pub skipped: u64,
    /// The subject as it is sent.
    pub subject: Option<String>,
    /// The text as it is sent.
    pub text: String,
    /// The HTML alternative as it is sent.
    pub html: Option<String>,
}

//! Messages to people on the wire, as the old notification service takes them, and more.

use serde::{Deserialize, Serialize};

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// How it goes out.
    pub services: Vec<Channel>,
    /// The text.
    pub message: String,
    /// What kind of message it is, such as [`ACCOUNT`]; a service's is `membership` if it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// One way to people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// `email`, `slack`, `discord`, `x` or `twitter`.
    pub name: String,
    /// Who gets it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<String>,
    /// Who it is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

impl Notification {
    /// A mail to one person, from the configured sender of the notifications service.
    pub fn mail(recipient: String, subject: &str, message: String) -> Self {
        let channel = Channel {
            name: "email".to_owned(),
            recipients: vec![recipient],
            sender: None,
            subject: Some(subject.to_owned()),
        };
        Self { services: vec![channel], message, kind: None }
    }

    /// The same message as one of this kind.
    #[must_use]
    pub fn of_kind(self, kind: &str) -> Self {
        Self { kind: Some(kind.to_owned()), ..self }
    }
}

//! Messages to people on the wire, as the old notification service takes them.

use serde::{Deserialize, Serialize};

/// A message, and the services that carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// How it goes out.
    pub services: Vec<Channel>,
    /// The text.
    pub message: String,
}

/// One way to people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// `email`, `slack` or `twitter`.
    pub name: String,
    /// Who gets it.
    #[serde(default)]
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
        Self { services: vec![channel], message }
    }
}

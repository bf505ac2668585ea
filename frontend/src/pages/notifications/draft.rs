//! A message that an officer writes: what was typed so far.

use grove_shared::api::notifications::ANNOUNCEMENTS;
use serde_json::{Value, json};

use crate::once::OnceKey;

/// What was typed so far.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// `members`, `officers`, `group` or `addresses`.
    pub(super) audience: String,
    /// `sigs/SIGGraph`
    pub(super) group: String,
    /// Mail addresses and `NetIDs`, one a line or separated by commas.
    pub(super) addresses: String,
    pub(super) channels: Vec<String>,
    /// Where it is posted in chats.
    pub(super) rooms: String,
    pub(super) kind: String,
    pub(super) sender: String,
    pub(super) subject: String,
    pub(super) message: String,
    pub(super) html: String,
    /// Drawn when it is first looked at, so that it goes out once.
    pub(super) key: Option<OnceKey>,
}

/// What the officer wants with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// To look at it before it goes out.
    Preview,
    /// To write on.
    Edit,
    /// To send it.
    Send,
}

impl Draft {
    /// An announcement to every member, by mail.
    pub(super) fn blank() -> Self {
        Self {
            audience: "members".to_owned(),
            channels: vec!["email".to_owned()],
            kind: ANNOUNCEMENTS.to_owned(),
            ..Self::default()
        }
    }

    /// Reads the fields of a form.
    pub(super) fn read(fields: Vec<(String, String)>) -> (Self, Step) {
        let (mut draft, mut step) = (Self::default(), Step::Preview);
        for (name, value) in fields {
            match name.as_str() {
                "audience" => draft.audience = value,
                "group" => draft.group = value,
                "addresses" => draft.addresses = value,
                "channel" => draft.channels.push(value),
                "rooms" => draft.rooms = value,
                "kind" => draft.kind = value,
                "sender" => draft.sender = value,
                "subject" => draft.subject = value,
                "message" => draft.message = value,
                "html" => draft.html = value,
                "key" => draft.key = OnceKey::try_from(value).ok(),
                "step" if value == "send" => step = Step::Send,
                "step" if value == "edit" => step = Step::Edit,
                _ => {}
            }
        }
        (draft, step)
    }

    /// The fields again, for the form that sends it.
    pub(super) fn fields(&self) -> Vec<(&'static str, &str)> {
        let fields = [
            ("audience", self.audience.as_str()),
            ("group", &self.group),
            ("addresses", &self.addresses),
            ("rooms", &self.rooms),
            ("kind", &self.kind),
            ("sender", &self.sender),
            ("subject", &self.subject),
            ("message", &self.message),
            ("html", &self.html),
            ("key", self.key.as_ref().map_or("", OnceKey::as_str)),
        ];
        let channels = self.channels.iter().map(|channel| ("channel", channel.as_str()));
        fields.into_iter().filter(|(_, value)| !value.is_empty()).chain(channels).collect()
    }

    /// What is still missing before anyone can be asked about it.
    pub(super) fn missing(&self) -> Option<&'static str> {
        let blank = |text: &str| text.trim().is_empty();
        if self.channels.is_empty() {
            Some("Choose at least one channel.")
        } else if self.is_for("group") && blank(&self.group) {
            Some("Choose the SIG or committee that gets it.")
        } else if self.is_for("addresses") && blank(&self.addresses) {
            Some("Enter the addresses or NetIDs that get it.")
        } else if blank(&self.message) {
            Some("Write a text.")
        } else {
            None
        }
    }

    /// Whether it is a mail to this audience.
    fn is_for(&self, audience: &str) -> bool {
        self.has_channel("email") && self.audience == audience
    }

    pub(super) fn has_channel(&self, name: &str) -> bool {
        self.channels.iter().any(|channel| channel == name)
    }

    /// The message as the API takes it.
    pub(super) fn message(&self) -> Value {
        let services: Vec<_> = self.channels.iter().map(|name| self.service(name)).collect();
        let mut message = json!({ "services": services, "message": lines(&self.message) });
        if !self.kind.is_empty() {
            message["kind"] = self.kind.as_str().into();
        }
        // Chats have places instead of people.
        if self.has_channel("email") {
            match self.audience.as_str() {
                "addresses" => message["members"] = self.named(false).into(),
                "group" => message["audience"] = self.group.as_str().into(),
                audience => message["audience"] = audience.into(),
            }
        }
        message
    }

    /// Who is named one by one: by mail address, or by `NetID`.
    fn named(&self, by_address: bool) -> Vec<String> {
        let mut named = list(&self.addresses);
        named.retain(|name| name.contains('@') == by_address);
        named
    }

    fn service(&self, name: &str) -> Value {
        let mut service = json!({ "name": name });
        if name == "email" {
            service["subject"] = self.subject.trim().into();
            if self.audience == "addresses" {
                service["recipients"] = self.named(true).into();
            }
            if !self.sender.is_empty() {
                service["sender"] = self.sender.as_str().into();
            }
            if !self.html.trim().is_empty() {
                service["html"] = lines(&self.html).into();
            }
        } else if name == "slack" {
            service["recipients"] = list(&self.rooms).into();
        }
        service
    }
}

/// Forms send lines that end in CR LF.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

fn list(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'));
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

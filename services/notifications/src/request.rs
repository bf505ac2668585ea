//! What makes a message valid. All of it is checked before any of it is queued.

mod check;

use std::collections::BTreeSet;

use grove_shared::{NetId, text::is_clean_multiline};
use lettre::message::Mailbox;
use serde_json::{Map, Value};

use crate::{
    audience::Audience,
    channel::{Channel, Discord, Slack, X},
    error::NotificationError as Error,
    kind::Kind,
};

/// The longest text, in bytes; HTML too.
pub(crate) const LONGEST_TEXT: usize = 256 * 1024;
/// The most recipients that are named one by one.
const MOST_RECIPIENTS: usize = 5000;

/// A message that somebody wants to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) kind: Kind,
    pub(crate) message: String,
    pub(crate) parts: Vec<Part>,
    pub(crate) audience: Option<Audience>,
    pub(crate) members: BTreeSet<NetId>,
}

/// How it goes out on one channel.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) channel: Channel,
    pub(crate) recipients: Vec<String>,
    pub(crate) sender: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) html: Option<String>,
}

/// Whom a part goes to: the address, and the member behind it.
pub(crate) type Recipients = Vec<(String, Option<NetId>)>;

impl Request {
    /// Reads what was sent; what says no kind is of `usual`.
    pub(crate) fn parse(body: &Value, usual: Kind, senders: &[Mailbox]) -> Result<Self, Error> {
        let fields = body.as_object().filter(|fields| !fields.is_empty());
        let fields =
            fields.ok_or_else(|| Error::invalid("Could not parse JSON from request body"))?;
        let message = text(fields, "message")?
            .ok_or_else(|| Error::field("message", "Missing data for required field."))?;
        if message.len() > LONGEST_TEXT {
            return Err(Error::TooLong(LONGEST_TEXT));
        }
        if message.trim().is_empty() {
            return Err(Error::invalid("The message is empty"));
        }
        let services = match fields.get("services") {
            Some(Value::Array(services)) => services,
            Some(Value::Null) | None => {
                return Err(Error::in_service(0, "name", "Missing data for required field."));
            }
            Some(_) => return Err(Error::field("services", "Invalid type.")),
        };
        if services.is_empty() {
            return Err(Error::invalid("Must specify services to send to"));
        }
        let kind = match text(fields, "kind")? {
            Some(name) => {
                let invalid = || Error::invalid(format!("Invalid kind: {}", check::shown(&name)));
                Kind::find(&name).ok_or_else(invalid)?
            }
            None => usual,
        };
        let audience = text(fields, "audience")?.map(|text| Audience::parse(&text)).transpose()?;
        let members = members(fields)?;
        let people = audience.is_some() || !members.is_empty();
        let parts = services
            .iter()
            .enumerate()
            .map(|(number, service)| Part::parse(number, service, &message, people, senders));
        let parts: Vec<Part> = parts.collect::<Result<_, _>>()?;
        let channels: BTreeSet<_> = parts.iter().map(|part| part.channel).collect();
        if channels.len() < parts.len() {
            return Err(Error::invalid("Each service can be there once"));
        }
        if people && !channels.contains(&Channel::Email) {
            return Err(Error::invalid("Members and audiences are reached by email only"));
        }
        Ok(Self { kind, message, parts, audience, members })
    }

    /// Refuses what a person cannot have meant to write: what is not seen, or turns around what follows.
    pub(crate) fn check_text(&self) -> Result<(), Error> {
        let html = self.parts.iter().filter_map(|part| part.html.as_deref());
        let is_clean = html.chain([self.message.as_str()]).all(is_clean_multiline);
        let foul = || Error::invalid("The message has characters that nobody sees");
        if is_clean { Ok(()) } else { Err(foul()) }
    }
}

impl Part {
    fn parse(
        number: usize,
        service: &Value,
        message: &str,
        people: bool,
        senders: &[Mailbox],
    ) -> Result<Self, Error> {
        let invalid = || Error::in_service(number, "_schema", "Invalid type.");
        let fields = service.as_object().ok_or_else(invalid)?;
        let in_field =
            |name: &'static str, reason: &'static str| Error::in_service(number, name, reason);
        let name = text(fields, "name").map_err(|_| in_field("name", "Not a valid string."))?;
        let name = name.ok_or_else(|| in_field("name", "Missing data for required field."))?;
        let channel = Channel::find(&name);
        let invalid = || Error::invalid(format!("Invalid service: {}", check::shown(&name)));
        let channel = channel.ok_or_else(invalid)?;
        let allowed: &[&str] = match channel {
            Channel::Email => &["recipients", "sender", "subject", "html"],
            Channel::Slack => &["recipients"],
            Channel::Discord | Channel::X => &[],
        };
        for key in ["recipients", "sender", "subject", "html"] {
            if fields.get(key).is_some_and(|value| !value.is_null()) && !allowed.contains(&key) {
                let message = format!("Invalid key for service \"{name}\": {key}");
                return Err(Error::invalid(message));
            }
        }
        let recipients = recipients(number, fields)?;
        let field = |key: &'static str| {
            text(fields, key).map_err(|_| Error::in_service(number, key, "Not a valid string."))
        };
        let part = Self {
            channel,
            recipients,
            sender: field("sender")?,
            subject: field("subject")?,
            html: html(field("html")?, field("mimetype")?.as_deref(), message)?,
        };
        part.check(message, people, senders)
    }

    fn check(mut self, message: &str, people: bool, senders: &[Mailbox]) -> Result<Self, Error> {
        let length = message.chars().count();
        match self.channel {
            Channel::Email => {
                if self.recipients.is_empty() && !people {
                    return Err(Error::invalid("An email needs recipients"));
                }
                self.recipients.iter().try_for_each(|recipient| check::address(recipient))?;
                self.sender =
                    self.sender.map(|sender| check::sender(&sender, senders)).transpose()?;
                self.subject.as_deref().map_or(Ok(()), check::subject)?;
            }
            Channel::Slack if length > Slack::LONGEST => {
                return Err(too_long("Slack", Slack::LONGEST));
            }
            Channel::Slack => {
                if self.recipients.is_empty() {
                    return Err(Error::invalid("Slack needs recipients"));
                }
                self.recipients.iter().try_for_each(|recipient| check::slack(recipient))?;
            }
            Channel::Discord if length > Discord::LONGEST => {
                return Err(too_long("Discord", Discord::LONGEST));
            }
            Channel::X if length > X::LONGEST => return Err(too_long("X", X::LONGEST)),
            // Both post to one place, which is as good as a recipient.
            Channel::Discord | Channel::X => self.recipients = vec![self.channel.to_string()],
        }
        Ok(self)
    }
}

fn too_long(channel: &str, most: usize) -> Error {
    Error::invalid(format!("{channel} takes {most} characters at most"))
}

fn text(fields: &Map<String, Value>, name: &'static str) -> Result<Option<String>, Error> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Error::field(name, "Not a valid string.")),
    }
}

fn members(fields: &Map<String, Value>) -> Result<BTreeSet<NetId>, Error> {
    let wrong = || Error::field("members", "Not a valid list.");
    let Some(members) = fields.get("members").filter(|members| !members.is_null()) else {
        return Ok(BTreeSet::new());
    };
    let members = members.as_array().ok_or_else(wrong)?;
    let netid = |member: &Value| {
        let netid = member.as_str().and_then(|netid| netid.parse().ok());
        netid.ok_or_else(|| Error::field("members", "Not a valid NetID."))
    };
    members.iter().map(netid).collect()
}

fn recipients(number: usize, fields: &Map<String, Value>) -> Result<Vec<String>, Error> {
    let wrong = |reason| Error::in_service(number, "recipients", reason);
    let Some(list) = fields.get("recipients").filter(|list| !list.is_null()) else {
        return Ok(Vec::new());
    };
    let list = list.as_array().ok_or_else(|| wrong("Not a valid list."))?;
    if list.len() > MOST_RECIPIENTS {
        return Err(wrong("Too many recipients; name an audience."));
    }
    let text = |recipient: &Value| recipient.as_str().map(str::to_owned);
    let texts = list.iter().map(|recipient| text(recipient).ok_or("Not a valid string."));
    texts.collect::<Result<_, _>>().map_err(wrong)
}

/// The HTML of a mail: its own, or the message itself when old clients say so.
fn html(
    html: Option<String>,
    mimetype: Option<&str>,
    message: &str,
) -> Result<Option<String>, Error> {
    let html = match mimetype {
        Some("text/html") if html.is_none() => Some(message.to_owned()),
        Some("text/html" | "text/plain") | None => html,
        Some(_) => return Err(Error::invalid("The mimetype is text/plain or text/html")),
    };
    match html {
        Some(html) if html.len() > LONGEST_TEXT => Err(Error::TooLong(LONGEST_TEXT)),
        html => Ok(html),
    }
}

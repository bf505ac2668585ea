//! What the fake refuses, as the real service does.

use std::collections::BTreeSet;

use grove_http::ApiError;
use grove_shared::text::is_clean;
use http::StatusCode;
use serde_json::Value;

use crate::{ACCOUNT, ANNOUNCEMENTS, CREDITS, GIGS, MEMBERSHIP, MERCH, Notification};

const KINDS: [&str; 6] = [ACCOUNT, MEMBERSHIP, ANNOUNCEMENTS, CREDITS, GIGS, MERCH];
const LONGEST_TEXT: usize = 256 * 1024;

/// Reads a message.
pub(super) fn message(body: &Value) -> Result<Notification, ApiError> {
    let fields = body.as_object().filter(|fields| !fields.is_empty());
    let fields = fields.ok_or_else(|| refused("Could not parse JSON from request body"))?;
    let message = fields.get("message").and_then(Value::as_str);
    let message = message.ok_or_else(|| refused("message: Missing data for required field."))?;
    if message.len() > LONGEST_TEXT {
        return Err(too_long());
    }
    if message.trim().is_empty() {
        return Err(refused("The message is empty"));
    }
    let services = fields.get("services").and_then(Value::as_array);
    let services = services.ok_or_else(|| refused("name: Missing data for required field."))?;
    if services.is_empty() {
        return Err(refused("Must specify services to send to"));
    }
    if let Some(kind) = fields.get("kind").and_then(Value::as_str)
        && !KINDS.contains(&kind)
    {
        return Err(refused(format!("Invalid kind: {kind}")));
    }
    let mut names = BTreeSet::new();
    for service in services {
        if !names.insert(channel(service, message)?) {
            return Err(refused("Each service can be there once"));
        }
    }
    let read: Notification = serde_json::from_value(body.clone())
        .map_err(|cause| refused(format!("The contract has no such message: {cause}")))?;
    if read.audience.is_some() || !read.members.is_empty() {
        return Err(refused("The fake knows no members"));
    }
    Ok(read)
}

/// Checks one way to people; returns its name.
fn channel(service: &Value, message: &str) -> Result<&'static str, ApiError> {
    let name = service["name"].as_str();
    let name = name.ok_or_else(|| refused("name: Missing data for required field."))?;
    let (channel, title, allowed, longest) = match name {
        "email" => ("email", "Mail", &["recipients", "sender", "subject", "html"][..], usize::MAX),
        "slack" => ("slack", "Slack", &["recipients"][..], 40_000),
        "discord" => ("discord", "Discord", &[][..], 2000),
        "x" | "twitter" => ("x", "X", &[][..], 280),
        _ => return Err(refused(format!("Invalid service: {name}"))),
    };
    for key in ["recipients", "sender", "subject", "html"] {
        if !service[key].is_null() && !allowed.contains(&key) {
            return Err(refused(format!("Invalid key for service \"{name}\": {key}")));
        }
    }
    if message.chars().count() > longest {
        return Err(refused(format!("{title} takes {longest} characters at most")));
    }
    let recipients = service["recipients"].as_array().map_or(&[][..], Vec::as_slice);
    match channel {
        "email" if recipients.is_empty() => return Err(refused("An email needs recipients")),
        "slack" if recipients.is_empty() => return Err(refused("Slack needs recipients")),
        _ => {}
    }
    for recipient in recipients.iter().map(|recipient| recipient.as_str().unwrap_or_default()) {
        if !is_recipient(channel, recipient) {
            let shown: String = recipient.chars().filter(|c| !c.is_control()).take(80).collect();
            return Err(refused(format!("Invalid recipient: {shown}")));
        }
    }
    let subject = service["subject"].as_str().unwrap_or_default();
    if !is_clean(subject) {
        return Err(refused("The subject must be one line"));
    }
    if subject.chars().count() > 200 {
        return Err(refused("The subject has 200 characters at most"));
    }
    if service["html"].as_str().unwrap_or_default().len() > LONGEST_TEXT {
        return Err(too_long());
    }
    Ok(channel)
}

fn is_recipient(channel: &str, recipient: &str) -> bool {
    if channel == "slack" {
        let name = recipient.strip_prefix(['#', '@']).unwrap_or(recipient);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        return (1..=80).contains(&name.len()) && name.chars().all(is_plain);
    }
    let is_plain = |c: char| c.is_ascii_graphic() && !"()<>[]:;\\,\"".contains(c);
    recipient.len() <= 254
        && recipient.chars().all(is_plain)
        && recipient.split_once('@').is_some_and(|(user, domain)| {
            !user.is_empty() && !domain.is_empty() && !domain.contains('@')
        })
}

fn refused(message: impl Into<String>) -> ApiError {
    ApiError::bad_request(message.into())
}

fn too_long() -> ApiError {
    let message = format!("The message is longer than {LONGEST_TEXT} bytes");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message)
}

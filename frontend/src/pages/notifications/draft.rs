//! A message that an officer writes, of what was typed so far.

use grove_notifications_api::{Channel, Notification};
use grove_shared::NetId;

use crate::{error::PageError, form::Form};

/// Checks what was typed.
pub(super) fn check(form: &mut Form) -> Result<bool, PageError> {
    if is_for(form, "group") && form.value("group").is_empty() {
        form.wrong("group", "Choose the SIG or committee that gets it.");
    }
    if is_for(form, "addresses") && form.value("addresses").is_empty() {
        form.wrong("addresses", "Enter the addresses or NetIDs that get it.");
    }
    form.check()
}

/// Whether it is a mail to this audience.
fn is_for(form: &Form, audience: &str) -> bool {
    form.field("channel").has("email") && form.value("audience") == audience
}

/// The message as the API takes it. Nothing when somebody is named who cannot be, which the form says then.
pub(super) fn message(form: &mut Form) -> Option<Notification> {
    let services = form.field("channel").values.iter().map(|name| channel(form, name)).collect();
    let kind = Some(form.value("kind").to_owned()).filter(|kind| !kind.is_empty());
    let message = lines(form.text("message"));
    let message = Notification { services, message, kind, ..Notification::default() };
    // Chats have places instead of people.
    if !form.field("channel").has("email") {
        return Some(message);
    }
    Some(match form.value("audience") {
        "addresses" => match members(form) {
            Ok(members) => Notification { members, ..message },
            Err(wrong) => {
                form.wrong("addresses", wrong);
                return None;
            }
        },
        "group" => Notification { audience: Some(form.value("group").to_owned()), ..message },
        audience => Notification { audience: Some(audience.to_owned()), ..message },
    })
}

/// Who is named one by one: by mail address, or by NetID.
fn named(form: &Form, by_address: bool) -> Vec<String> {
    let mut named = list(form.value("addresses"));
    named.retain(|name| name.contains('@') == by_address);
    named
}

fn members(form: &Form) -> Result<Vec<NetId>, String> {
    let read = |name: String| {
        let netid = name.to_lowercase().parse();
        netid.map_err(|_| format!("{name} is neither a mail address nor a NetID."))
    };
    named(form, false).into_iter().map(read).collect()
}

fn channel(form: &Form, name: &str) -> Channel {
    let channel = Channel { name: name.to_owned(), ..Channel::default() };
    let some = |text: String| Some(text).filter(|text| !text.trim().is_empty());
    match name {
        "email" => Channel {
            subject: Some(form.value("subject").to_owned()),
            recipients: if form.value("audience") == "addresses" {
                named(form, true)
            } else {
                Vec::new()
            },
            sender: some(form.value("sender").to_owned()),
            html: some(lines(form.text("html"))),
            ..channel
        },
        "slack" => Channel { recipients: list(form.value("rooms")), ..channel },
        _ => channel,
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

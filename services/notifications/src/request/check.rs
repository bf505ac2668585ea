//! What single fields of a message may hold.

use grove_shared::text::is_clean;
use lettre::{Address, message::Mailbox};

use crate::error::NotificationError as Error;

const LONGEST_SUBJECT: usize = 200;
/// What an address may hold only in quotes, or as the number of a machine (RFC 5322, section 3.2.3).
const SPECIAL: &[u8] = b"()<>[]:;\\,\"";

/// Strict: no name, no comment, nothing that a mail server could read as a second address.
pub(super) fn address(address: &str) -> Result<(), Error> {
    let plain = |byte: u8| byte.is_ascii_graphic() && !SPECIAL.contains(&byte);
    let good =
        address.len() <= 254 && address.bytes().all(plain) && address.parse::<Address>().is_ok();
    if good { Ok(()) } else { Err(invalid_recipient(address)) }
}

/// A channel's or person's name or number.
pub(super) fn slack(recipient: &str) -> Result<(), Error> {
    let name = recipient.strip_prefix(['#', '@']).unwrap_or(recipient);
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let good = (1..=80).contains(&name.len()) && name.chars().all(plain);
    if good { Ok(()) } else { Err(invalid_recipient(recipient)) }
}

fn invalid_recipient(recipient: &str) -> Error {
    Error::invalid(format!("Invalid recipient: {}", shown(recipient)))
}

pub(super) fn subject(subject: &str) -> Result<(), Error> {
    if !is_clean(subject) {
        return Err(Error::invalid("The subject must be one line"));
    }
    if subject.chars().count() > LONGEST_SUBJECT {
        let message = format!("The subject has {LONGEST_SUBJECT} characters at most");
        return Err(Error::invalid(message));
    }
    Ok(())
}

/// The configured sender of that address.
pub(super) fn sender(sender: &str, senders: &[Mailbox]) -> Result<String, Error> {
    let asked = sender.parse::<Mailbox>().ok().filter(|_| !sender.chars().any(char::is_control));
    let known = senders.iter().find(|known| asked.as_ref().is_some_and(|a| a.email == known.email));
    let allowed = || senders.iter().map(|known| known.email.to_string()).collect::<Vec<_>>();
    known.map(ToString::to_string).ok_or_else(|| {
        Error::invalid(format!("Invalid sender. Must be one of {}", allowed().join(", ")))
    })
}

/// What a sentence may repeat of a wrong input.
pub(super) fn shown(input: &str) -> String {
    input.chars().filter(|c| !c.is_control()).take(80).collect()
}

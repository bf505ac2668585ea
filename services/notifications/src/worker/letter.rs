//! How a message reads to its recipient.

use crate::{channel::Letter, store::deliveries::Due};

/// The message, with the link that switches such messages off, if there is one.
pub(super) fn write(due: Due, unsubscribe: Option<String>) -> Letter {
    let (mut text, mut html) = (due.message, due.html);
    if let Some(url) = &unsubscribe {
        text = format!("{}\n\n-- \nNo more of these: {url}\n", text.trim_end());
        html =
            html.map(|html| format!("{html}\n<hr><p><a href=\"{url}\">No more of these</a></p>\n"));
    }
    let Due { message_key: key, recipient, sender, subject, attempts, .. } = due;
    let is_repetition = attempts > 1;
    Letter { key, recipient, sender, subject, text, html, unsubscribe, is_repetition }
}

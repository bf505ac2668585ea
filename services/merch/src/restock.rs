//! Tells people that something runs out.

use chrono::{DateTime, Utc};
use grove_shared::{
    api::notifications::{Channel, MERCH, Notification},
    outbox::{Effect, enqueue},
};
use sqlx::MySqlConnection;

use crate::{config::Restock, error::MerchError, saga::unit::Unit, store::stock};

/// Less than this much in all slots is little.
pub(crate) const LITTLE: i64 = 5;

const SUBJECT: &str = "The vending machine runs out";

/// After a sale: tells once that little is left, until the item is filled again.
pub(crate) async fn check(
    transaction: &mut MySqlConnection,
    sold: &Unit,
    restock: &Restock,
    now: DateTime<Utc>,
) -> Result<(), MerchError> {
    let channels = channels(restock);
    let left = stock::total(&mut *transaction, sold.item_id).await?;
    if channels.is_empty()
        || left >= LITTLE
        || !stock::begin_alert(&mut *transaction, sold.item_id, now).await?
    {
        return Ok(());
    }
    let message = format!("{} runs out: {left} left in the vending machine.", sold.name);
    let body = Notification { services: channels, message, kind: Some(MERCH.to_owned()) };
    let effect = Effect { peer: "notifications", path: "/notification", body };
    Ok(enqueue(transaction, &effect, now).await?)
}

/// After an officer's change: the next time that little is left is told again.
pub(crate) async fn filled(transaction: &mut MySqlConnection, item: u64) -> Result<(), MerchError> {
    if stock::total(&mut *transaction, item).await? >= LITTLE {
        stock::end_alert(transaction, item).await?;
    }
    Ok(())
}

fn channels(restock: &Restock) -> Vec<Channel> {
    let channel = |name: &str, recipients: Vec<String>| Channel {
        name: name.to_owned(),
        recipients,
        sender: None,
        // Slack has no subjects.
        subject: (name == "email").then(|| SUBJECT.to_owned()),
    };
    let named = |name: &&String| !name.trim().is_empty();
    let mails: Vec<_> = restock.restock_recipients.iter().filter(named).cloned().collect();
    let slack: Vec<_> = restock.restock_slack_channel.iter().filter(named).cloned().collect();
    [("email", mails), ("slack", slack)]
        .into_iter()
        .filter(|(_, recipients)| !recipients.is_empty())
        .map(|(name, recipients)| channel(name, recipients))
        .collect()
}

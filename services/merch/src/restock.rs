//! Tells people that something runs out.

use chrono::{DateTime, Utc};
use grove_notifications_api::{self as notifications, Channel, MERCH, Notification};
use grove_outbox::{Words, enqueue};
use grove_shared::db;

use crate::{config::Restock, error::MerchError, saga::unit::Unit, store::stock};

/// People are told when fewer than this are left in all slots.
const LIMIT: i64 = 5;

const SUBJECT: &str = "The vending machine runs out";

/// After a sale: tells once that little is left, until the item is filled again. It locks the item, so that
/// what is left is counted after each change that others make.
pub(crate) async fn check(
    transaction: &mut db::Transaction,
    sold: &Unit,
    restock: &Restock,
    now: DateTime<Utc>,
) -> Result<(), MerchError> {
    let channels = channels(restock);
    if channels.is_empty() {
        return Ok(());
    }
    match stock::lock_item(transaction, sold.item_id).await {
        Err(MerchError::ItemNotFound) => return Ok(()),
        locked => locked.map(drop)?,
    }
    let left = stock::total(transaction, sold.item_id).await?;
    if left >= LIMIT || !stock::begin_alert(transaction, sold.item_id, now).await? {
        return Ok(());
    }
    let message = format!("{} runs out: {left} left in the vending machine.", sold.name);
    let alert = Notification { services: channels, message, ..Notification::default() };
    let words = Words::for_officers(&format!("The message that {} runs out", sold.name));
    enqueue(transaction, &notifications::send(&alert.of_kind(MERCH)), &words, now).await?;
    Ok(())
}

/// After an officer's change of a locked item: the next time that little is left is told again.
pub(crate) async fn filled(transaction: &mut db::Transaction, item: u64) -> Result<(), MerchError> {
    if stock::total(transaction, item).await? >= LIMIT {
        stock::end_alert(transaction, item).await?;
    }
    Ok(())
}

fn channels(restock: &Restock) -> Vec<Channel> {
    let named = |name: &&String| !name.trim().is_empty();
    let mails: Vec<_> = restock.restock_recipients.iter().filter(named).cloned().collect();
    let slack: Vec<_> = restock.restock_slack_channel.iter().filter(named).cloned().collect();
    let mut channels = vec![Channel::mail(mails, SUBJECT), Channel::slack(slack)];
    channels.retain(|channel| !channel.recipients.is_empty());
    channels
}

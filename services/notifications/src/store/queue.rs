//! Queueing messages.

use chrono::{DateTime, Utc};
use grove_notifications_api::DeliveryState;
use grove_shared::NetId;
use sqlx::{MySqlConnection, QueryBuilder};

use crate::{channel::Channel, error::NotificationError, request::Part};

const ROWS_AT_ONCE: usize = 500;

/// Records a notification; returns its id.
pub(crate) async fn insert_notification(
    transaction: &mut MySqlConnection,
    requested_by: &str,
    kind: &str,
    message: &str,
    now: DateTime<Utc>,
) -> Result<u64, NotificationError> {
    let inserted = sqlx::query!(
        "INSERT INTO notifications (requested_by, kind, message, created_at) VALUES (?, ?, ?, ?)",
        requested_by,
        kind,
        message,
        now
    );
    Ok(inserted.execute(transaction).await?.last_insert_id())
}

/// Records how it goes out on a channel; returns the part's id.
pub(crate) async fn insert_part(
    transaction: &mut MySqlConnection,
    notification: u64,
    part: &Part,
) -> Result<u64, NotificationError> {
    let inserted = sqlx::query!(
        "INSERT INTO parts (notification_id, channel, sender, subject, html)
         VALUES (?, ?, ?, ?, ?)",
        notification,
        part.channel.as_str(),
        part.sender,
        part.subject,
        part.html
    );
    Ok(inserted.execute(transaction).await?.last_insert_id())
}

/// Queues messages to these recipients.
pub(crate) async fn insert_deliveries(
    transaction: &mut MySqlConnection,
    part: u64,
    channel: Channel,
    recipients: &[(String, Option<NetId>)],
    now: DateTime<Utc>,
) -> Result<(), NotificationError> {
    for recipients in recipients.chunks(ROWS_AT_ONCE) {
        // As many rows as there are recipients: the macros cannot check that.
        let mut insert = QueryBuilder::new(
            "INSERT INTO deliveries
                 (part_id, channel, recipient, netid, message_key, state, next_attempt_at, created_at) ",
        );
        insert.push_values(recipients, |mut row, (recipient, netid)| {
            row.push_bind(part)
                .push_bind(channel.as_str())
                .push_bind(recipient)
                .push_bind(netid)
                .push_bind(format!("{:032x}", rand::random::<u128>()))
                .push_bind(DeliveryState::Queued.as_str())
                .push_bind(now)
                .push_bind(now);
        });
        insert.build().execute(&mut *transaction).await?;
    }
    Ok(())
}

//! The delivery log.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::MySqlExecutor;

use crate::error::NotificationError;

/// One message to one recipient, as officers see it.
#[derive(Debug, Serialize)]
pub(crate) struct Delivery {
    pub(crate) id: u64,
    pub(crate) notification_id: u64,
    pub(crate) channel: String,
    pub(crate) recipient: String,
    /// `queued`, `sent`, `failed`, `dead` or `skipped`.
    pub(crate) state: String,
    pub(crate) attempts: u32,
    pub(crate) last_error: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) kind: String,
    /// A NetID, or `service:` and a name.
    pub(crate) requested_by: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) settled_at: Option<DateTime<Utc>>,
}

/// A notification, as whoever asked for it sees it.
#[derive(Debug)]
pub(crate) struct Notification {
    pub(crate) id: u64,
    pub(crate) requested_by: String,
    pub(crate) kind: String,
    pub(crate) message: String,
    pub(crate) created_at: DateTime<Utc>,
}

/// Which deliveries are asked for.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    pub(crate) before: u64,
    pub(crate) state: Option<String>,
    pub(crate) recipient: Option<String>,
    pub(crate) limit: u32,
}

/// Reads deliveries; `$rest` says which, in what order.
macro_rules! select_deliveries {
    ($rest:literal $(, $arg:expr)*) => {
        sqlx::query_as!(
            Delivery,
            r#"SELECT deliveries.id, notification_id, deliveries.channel, recipient, state,
                      attempts, last_error, subject, kind, requested_by, deliveries.created_at,
                      settled_at
               FROM deliveries
               JOIN parts ON parts.id = part_id
               JOIN notifications ON notifications.id = notification_id "# + $rest
            $(, $arg)*
        )
    };
}

/// A page of deliveries, the newest first.
pub(crate) async fn deliveries(
    db: impl MySqlExecutor<'_>,
    filter: &Filter,
) -> Result<Vec<Delivery>, NotificationError> {
    let Filter { before, state, recipient, limit } = filter;
    let page = select_deliveries!(
        "WHERE deliveries.id < ? AND (? IS NULL OR state = ?)
         AND (? IS NULL OR recipient = ? OR netid = ?)
         ORDER BY deliveries.id DESC LIMIT ?",
        before,
        state,
        state,
        recipient,
        recipient,
        recipient,
        limit
    );
    Ok(page.fetch_all(db).await?)
}

/// The deliveries of one notification.
pub(crate) async fn deliveries_of(
    db: impl MySqlExecutor<'_>,
    notification: u64,
) -> Result<Vec<Delivery>, NotificationError> {
    let all = select_deliveries!("WHERE notification_id = ? ORDER BY deliveries.id", notification);
    Ok(all.fetch_all(db).await?)
}

/// Whether there is such a delivery.
pub(crate) async fn knows_delivery(
    db: impl MySqlExecutor<'_>,
    id: u64,
) -> Result<bool, NotificationError> {
    let known = sqlx::query_scalar!("SELECT id FROM deliveries WHERE id = ?", id);
    Ok(known.fetch_optional(db).await?.is_some())
}

pub(crate) async fn notification(
    db: impl MySqlExecutor<'_>,
    id: u64,
) -> Result<Notification, NotificationError> {
    let notification = sqlx::query_as!(
        Notification,
        "SELECT id, requested_by, kind, message, created_at FROM notifications WHERE id = ?",
        id
    );
    notification.fetch_optional(db).await?.ok_or(NotificationError::Unknown)
}

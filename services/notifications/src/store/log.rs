//! The delivery log.

use chrono::{DateTime, Utc};
use grove_notifications_api::{Delivery, DeliveryState};
use sqlx::MySqlExecutor;

use crate::{error::NotificationError, store::deliveries::State};

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
    pub(crate) state: Option<DeliveryState>,
    pub(crate) recipient: Option<String>,
    pub(crate) rows: u32,
}

/// Reads deliveries; `$rest` says which, in what order.
macro_rules! select_deliveries {
    ($rest:literal $(, $arg:expr)*) => {
        sqlx::query_as!(
            Delivery,
            r#"SELECT deliveries.id, notification_id, deliveries.channel, recipient,
                      state AS "state: State", attempts, last_error, subject, kind, requested_by,
                      deliveries.created_at, settled_at
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
    let Filter { before, state, recipient, rows } = filter;
    Ok(match (state, recipient) {
        (None, None) => {
            let all = select_deliveries!(
                "WHERE deliveries.id < ? ORDER BY deliveries.id DESC LIMIT ?",
                before,
                rows
            );
            all.fetch_all(db).await?
        }
        (Some(state), None) => {
            let in_state = select_deliveries!(
                "WHERE state = ? AND deliveries.id < ? ORDER BY deliveries.id DESC LIMIT ?",
                state.as_str(),
                before,
                rows
            );
            in_state.fetch_all(db).await?
        }
        (None, Some(recipient)) => {
            let to_one = select_deliveries!(
                "WHERE (recipient = ? OR netid = ?) AND deliveries.id < ?
                 ORDER BY deliveries.id DESC LIMIT ?",
                recipient,
                recipient,
                before,
                rows
            );
            to_one.fetch_all(db).await?
        }
        (Some(state), Some(recipient)) => {
            let both = select_deliveries!(
                "WHERE (recipient = ? OR netid = ?) AND state = ? AND deliveries.id < ?
                 ORDER BY deliveries.id DESC LIMIT ?",
                recipient,
                recipient,
                state.as_str(),
                before,
                rows
            );
            both.fetch_all(db).await?
        }
    })
}

/// The deliveries of one notification.
pub(crate) async fn deliveries_of(
    db: impl MySqlExecutor<'_>,
    notification: u64,
) -> Result<Vec<Delivery>, NotificationError> {
    let all = select_deliveries!("WHERE notification_id = ? ORDER BY deliveries.id", notification);
    Ok(all.fetch_all(db).await?)
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

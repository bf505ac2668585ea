//! What is kept of one person.
//!
//! A message is queued in the order of a key, a notification, deliveries; a link is followed in that of a token,
//! preferences. Whoever forgets keeps to both orders, so that nobody waits for each other, and waits for what
//! is under way, which is forgotten too.

use chrono::{DateTime, Utc};
use grove_notifications_api::DeliveryState;
use grove_personal_data::FORMER_MEMBER;
use grove_shared::NetId;
use serde::Serialize;
use sqlx::MySqlExecutor;

use crate::{error::NotificationError, store::deliveries::State};

/// Services that ask for messages begin with this.
const SERVICE: &str = "service:";

/// Someone, and how messages name them.
#[derive(Debug)]
pub(crate) struct Names {
    netid: NetId,
    address: String,
    in_slack: String,
    /// Finds the NetID as a word, in both databases.
    word: String,
}

impl Names {
    pub(crate) fn new(netid: &NetId, mail_domain: &str) -> Self {
        Self {
            netid: netid.clone(),
            address: format!("{netid}@{mail_domain}"),
            in_slack: format!("@{netid}"),
            word: format!(r"(?i)\b{netid}\b"),
        }
    }
}

/// A message to someone.
#[derive(Debug, Serialize)]
pub(crate) struct MessageTo {
    pub(crate) message_id: u64,
    pub(crate) kind: String,
    pub(crate) channel: String,
    pub(crate) recipient: String,
    pub(crate) subject: Option<String>,
    pub(crate) text: String,
    pub(crate) html: Option<String>,
    pub(crate) state: DeliveryState,
    pub(crate) attempts: u32,
    pub(crate) last_error: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) settled_at: Option<DateTime<Utc>>,
}

/// A message that someone wrote as an officer, as it goes out on one channel.
#[derive(Debug, Serialize)]
pub(crate) struct MessageBy {
    pub(crate) message_id: u64,
    pub(crate) kind: String,
    pub(crate) channel: String,
    pub(crate) sender: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) text: String,
    pub(crate) html: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
}

/// A message with someone's NetID in its words.
#[derive(Debug, Serialize)]
pub(crate) struct Mention {
    pub(crate) message_id: u64,
    pub(crate) kind: String,
    pub(crate) created_at: DateTime<Utc>,
    #[serde(skip)]
    requested_by: String,
}

impl Mention {
    pub(crate) fn is_by_service(&self) -> bool {
        self.requested_by.starts_with(SERVICE)
    }
}

/// A link that switches a kind of message off.
#[derive(Debug, Serialize)]
pub(crate) struct Link {
    pub(crate) kind: String,
    pub(crate) created_at: DateTime<Utc>,
}

/// What someone said about a kind of message on a channel.
#[derive(Debug, Serialize)]
pub(crate) struct Choice {
    pub(crate) kind: String,
    pub(crate) channel: String,
    pub(crate) enabled: bool,
    pub(crate) changed_at: DateTime<Utc>,
}

/// The messages to someone, the oldest first.
pub(crate) async fn messages_to(
    db: impl MySqlExecutor<'_>,
    names: &Names,
) -> Result<Vec<MessageTo>, NotificationError> {
    let messages = sqlx::query_as!(
        MessageTo,
        r#"SELECT notification_id AS message_id, kind, deliveries.channel, recipient, subject,
                  message AS text, html, state AS "state: State", attempts, last_error,
                  deliveries.created_at, settled_at
           FROM deliveries
           JOIN parts ON parts.id = part_id
           JOIN notifications ON notifications.id = notification_id
           WHERE netid = ? OR recipient IN (?, ?) ORDER BY deliveries.id"#,
        names.netid,
        names.address,
        names.in_slack
    );
    Ok(messages.fetch_all(db).await?)
}

/// The messages that someone wrote, the oldest first.
pub(crate) async fn messages_by(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<MessageBy>, NotificationError> {
    let messages = sqlx::query_as!(
        MessageBy,
        "SELECT notification_id AS message_id, kind, channel, sender, subject, message AS text,
                html, created_at
         FROM notifications JOIN parts ON notification_id = notifications.id
         WHERE requested_by = ? ORDER BY parts.id",
        netid
    );
    Ok(messages.fetch_all(db).await?)
}

/// The messages whose words name someone, the oldest first.
pub(crate) async fn mentions(
    db: impl MySqlExecutor<'_>,
    Names { word, .. }: &Names,
) -> Result<Vec<Mention>, NotificationError> {
    let mentions = sqlx::query_as!(
        Mention,
        "SELECT DISTINCT notifications.id AS message_id, kind, created_at, requested_by
         FROM notifications JOIN parts ON notification_id = notifications.id
         WHERE message REGEXP ? OR subject REGEXP ? OR html REGEXP ? ORDER BY message_id",
        word,
        word,
        word
    );
    Ok(mentions.fetch_all(db).await?)
}

/// The links that switch off messages to someone.
pub(crate) async fn links(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<Link>, NotificationError> {
    let links = sqlx::query_as!(
        Link,
        "SELECT kind, created_at FROM unsubscribe_tokens WHERE netid = ? ORDER BY created_at",
        netid
    );
    Ok(links.fetch_all(db).await?)
}

/// What someone said about messages.
pub(crate) async fn choices(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<Choice>, NotificationError> {
    let choices = sqlx::query_as!(
        Choice,
        r#"SELECT kind, channel, enabled AS "enabled: bool", changed_at FROM preferences
           WHERE netid = ? ORDER BY kind, channel"#,
        netid
    );
    Ok(choices.fetch_all(db).await?)
}

/// Has the messages that someone wrote be a former member's; returns how many.
pub(crate) async fn forget_author(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<u64, NotificationError> {
    let forgotten = sqlx::query!(
        "UPDATE notifications SET requested_by = ? WHERE requested_by = ?",
        FORMER_MEMBER,
        netid
    );
    Ok(forgotten.execute(db).await?.rows_affected())
}

/// A delivery, and the notification that it belongs to.
#[derive(Debug)]
pub(crate) struct Addressed {
    pub(crate) id: u64,
    pub(crate) notification_id: u64,
}

/// The deliveries to someone, which nobody else changes from here on.
pub(crate) async fn lock_deliveries_to(
    db: impl MySqlExecutor<'_>,
    names: &Names,
) -> Result<Vec<Addressed>, NotificationError> {
    // Each half by an index: with OR, a small table would be locked as a whole.
    let deliveries = sqlx::query_as!(
        Addressed,
        "(SELECT deliveries.id, notification_id FROM deliveries JOIN parts ON parts.id = part_id
          WHERE netid = ? FOR UPDATE)
         UNION
         (SELECT deliveries.id, notification_id FROM deliveries JOIN parts ON parts.id = part_id
          WHERE recipient IN (?, ?) FOR UPDATE)",
        names.netid,
        names.address,
        names.in_slack
    );
    Ok(deliveries.fetch_all(db).await?)
}

/// Deletes a delivery.
pub(crate) async fn delete_delivery(
    db: impl MySqlExecutor<'_>,
    id: u64,
) -> Result<(), NotificationError> {
    sqlx::query!("DELETE FROM deliveries WHERE id = ?", id).execute(db).await?;
    Ok(())
}

/// Deletes a notification that is for nobody any more.
pub(crate) async fn delete_if_for_nobody(
    db: impl MySqlExecutor<'_>,
    notification: u64,
) -> Result<(), NotificationError> {
    sqlx::query!(
        "DELETE FROM notifications WHERE id = ? AND NOT EXISTS
             (SELECT 1 FROM parts JOIN deliveries ON part_id = parts.id
              WHERE notification_id = notifications.id)",
        notification
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes the links that switch off messages to someone; returns how many.
pub(crate) async fn delete_links(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<u64, NotificationError> {
    let deleted = sqlx::query!("DELETE FROM unsubscribe_tokens WHERE netid = ?", netid);
    Ok(deleted.execute(db).await?.rows_affected())
}

/// Deletes what someone said about messages; returns how much.
pub(crate) async fn delete_choices(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<u64, NotificationError> {
    let deleted = sqlx::query!("DELETE FROM preferences WHERE netid = ?", netid);
    Ok(deleted.execute(db).await?.rows_affected())
}

/// Has the text of a notification name a former member instead of someone.
pub(crate) async fn forget_in_text(
    db: impl MySqlExecutor<'_>,
    notification: u64,
    Names { word, .. }: &Names,
) -> Result<(), NotificationError> {
    sqlx::query!(
        "UPDATE notifications SET message = REGEXP_REPLACE(message, ?, ?) WHERE id = ?",
        word,
        FORMER_MEMBER,
        notification
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Has the subject and the HTML of a notification name a former member instead of someone.
pub(crate) async fn forget_in_parts(
    db: impl MySqlExecutor<'_>,
    notification: u64,
    Names { word, .. }: &Names,
) -> Result<(), NotificationError> {
    sqlx::query!(
        "UPDATE parts SET subject = LEFT(REGEXP_REPLACE(subject, ?, ?), 200),
                          html = REGEXP_REPLACE(html, ?, ?) WHERE notification_id = ?",
        word,
        FORMER_MEMBER,
        word,
        FORMER_MEMBER,
        notification
    )
    .execute(db)
    .await?;
    Ok(())
}

//! Queued messages, and what became of them.

use chrono::{DateTime, Utc};
use grove_notifications_api::DeliveryState;
use grove_shared::{NetId, db};
use sqlx::{MySqlExecutor, MySqlPool};

use crate::{channel::Channel, error::NotificationError};

/// [`DeliveryState`] as it is read from the database.
#[derive(Debug, sqlx::Type)]
#[sqlx(rename_all = "lowercase")]
pub(crate) enum State {
    Queued,
    Sent,
    Failed,
    Dead,
    Skipped,
}

impl From<State> for DeliveryState {
    fn from(state: State) -> Self {
        match state {
            State::Queued => Self::Queued,
            State::Sent => Self::Sent,
            State::Failed => Self::Failed,
            State::Dead => Self::Dead,
            State::Skipped => Self::Skipped,
        }
    }
}

/// A message whose turn it is.
#[derive(Debug)]
pub(crate) struct Due {
    pub(crate) id: u64,
    pub(crate) notification_id: u64,
    pub(crate) recipient: String,
    pub(crate) netid: Option<NetId>,
    pub(crate) message_key: String,
    pub(crate) attempts: u32,
    pub(crate) sender: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) html: Option<String>,
    pub(crate) message: String,
    pub(crate) kind: String,
    /// Whether the recipient wants such messages on this channel.
    pub(crate) wanted: bool,
    /// Until when it is this worker's. Another that takes it later writes another time, so that the first
    /// one changes nothing any more.
    pub(crate) lease: DateTime<Utc>,
}

/// Where a message is on its way, and to whom.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) state: State,
    pub(crate) netid: Option<NetId>,
}

/// Takes the next due messages of a channel until `lease`.
pub(crate) async fn claim(
    db: &MySqlPool,
    channel: Channel,
    limit: u32,
    now: DateTime<Utc>,
    lease: DateTime<Utc>,
) -> Result<Vec<Due>, NotificationError> {
    let mut transaction = db::begin(db).await?;
    let ids = sqlx::query_scalar!(
        "SELECT id FROM deliveries
         WHERE channel = ? AND state = 'queued' AND next_attempt_at <= ?
         ORDER BY next_attempt_at, id LIMIT ? FOR UPDATE SKIP LOCKED",
        channel.as_str(),
        now,
        limit
    );
    let ids = ids.fetch_all(&mut *transaction).await?;
    if ids.is_empty() {
        // Dropping the transaction would roll it back later, and keep locked what it looked at.
        transaction.rollback().await?;
        return Ok(Vec::new());
    }
    let mut due = Vec::with_capacity(ids.len());
    for id in ids {
        sqlx::query!(
            "UPDATE deliveries SET next_attempt_at = ?, attempts = attempts + 1 WHERE id = ?",
            lease,
            id
        )
        .execute(&mut *transaction)
        .await?;
        let claimed = sqlx::query_as!(
            Due,
            r#"SELECT deliveries.id, notification_id, recipient,
                      deliveries.netid AS "netid: NetId", message_key, attempts, sender, subject,
                      html, message, notifications.kind,
                      COALESCE(enabled, TRUE) AS "wanted!: bool", next_attempt_at AS lease
               FROM deliveries
               JOIN parts ON parts.id = part_id
               JOIN notifications ON notifications.id = notification_id
               LEFT JOIN preferences ON preferences.netid = deliveries.netid
                    AND preferences.kind = notifications.kind
                    AND preferences.channel = deliveries.channel
               WHERE deliveries.id = ?"#,
            id
        );
        due.push(claimed.fetch_one(&mut *transaction).await?);
    }
    transaction.commit().await?;
    Ok(due)
}

/// Notes that a message went out, or is not wanted: that is so whoever has it by now.
pub(crate) async fn finish(
    db: impl MySqlExecutor<'_>,
    id: u64,
    state: DeliveryState,
    now: DateTime<Utc>,
) -> Result<(), NotificationError> {
    let finished = sqlx::query!(
        "UPDATE deliveries SET state = ?, last_error = NULL, settled_at = ?
         WHERE id = ? AND state = 'queued'",
        state.as_str(),
        now,
        id
    );
    Ok(finished.execute(db).await.map(drop)?)
}

/// Notes that a message will not go out, unless another worker has it.
pub(crate) async fn give_up(
    db: impl MySqlExecutor<'_>,
    (id, lease): (u64, DateTime<Utc>),
    state: DeliveryState,
    error: &str,
    now: DateTime<Utc>,
) -> Result<(), NotificationError> {
    let given_up = sqlx::query!(
        "UPDATE deliveries SET state = ?, last_error = ?, settled_at = ?
         WHERE id = ? AND state = 'queued' AND next_attempt_at = ?",
        state.as_str(),
        error,
        now,
        id,
        lease
    );
    Ok(given_up.execute(db).await.map(drop)?)
}

/// Lets a message wait, unless another worker has it.
pub(crate) async fn postpone(
    db: impl MySqlExecutor<'_>,
    (id, lease): (u64, DateTime<Utc>),
    next: DateTime<Utc>,
    error: &str,
) -> Result<(), NotificationError> {
    let postponed = sqlx::query!(
        "UPDATE deliveries SET next_attempt_at = ?, last_error = ?
         WHERE id = ? AND state = 'queued' AND next_attempt_at = ?",
        next,
        error,
        id,
        lease
    );
    Ok(postponed.execute(db).await.map(drop)?)
}

/// Whether a notification has arrived everywhere where it is wanted.
pub(crate) async fn has_arrived(
    db: impl MySqlExecutor<'_>,
    notification: u64,
) -> Result<bool, NotificationError> {
    let open = sqlx::query_scalar!(
        r#"SELECT COUNT(*) AS "count!: i64" FROM deliveries JOIN parts ON parts.id = part_id
           WHERE notification_id = ? AND state NOT IN ('sent', 'skipped')"#,
        notification
    );
    Ok(open.fetch_one(db).await? == 0)
}

/// The notifications of a kind that have arrived everywhere and still have their text.
pub(crate) async fn arrived_with_text(
    db: impl MySqlExecutor<'_>,
    kind: &str,
) -> Result<Vec<u64>, NotificationError> {
    let arrived = sqlx::query_scalar!(
        "SELECT id FROM notifications WHERE kind = ? AND message <> '' AND NOT EXISTS
             (SELECT 1 FROM parts JOIN deliveries ON part_id = parts.id
              WHERE notification_id = notifications.id AND state NOT IN ('sent', 'skipped'))",
        kind
    );
    Ok(arrived.fetch_all(db).await?)
}

/// Erases the text of a notification that nobody needs again.
pub(crate) async fn erase(db: &MySqlPool, notification: u64) -> Result<(), NotificationError> {
    sqlx::query!("UPDATE notifications SET message = '' WHERE id = ?", notification)
        .execute(db)
        .await?;
    sqlx::query!("UPDATE parts SET html = NULL WHERE notification_id = ?", notification)
        .execute(db)
        .await?;
    Ok(())
}

/// Where a message is, for a transaction that moves it.
pub(crate) async fn lock(db: impl MySqlExecutor<'_>, id: u64) -> Result<Place, NotificationError> {
    let place = sqlx::query_as!(
        Place,
        r#"SELECT state AS "state: State", netid AS "netid: NetId" FROM deliveries
           WHERE id = ? FOR UPDATE"#,
        id
    );
    place.fetch_optional(db).await?.ok_or(NotificationError::UnknownDelivery)
}

/// Queues a message again that failed; false when it did not fail.
pub(crate) async fn replay(
    db: impl MySqlExecutor<'_>,
    id: u64,
    now: DateTime<Utc>,
) -> Result<bool, NotificationError> {
    let replayed = sqlx::query!(
        "UPDATE deliveries
         SET state = 'queued', attempts = 0, next_attempt_at = ?, settled_at = NULL
         WHERE id = ? AND state IN ('failed', 'dead')",
        now,
        id
    );
    Ok(replayed.execute(db).await?.rows_affected() == 1)
}

/// How much waits on a channel, and since when.
pub(crate) async fn backlog(
    db: impl MySqlExecutor<'_>,
    channel: Channel,
) -> Result<(i64, Option<DateTime<Utc>>), NotificationError> {
    let backlog = sqlx::query!(
        r#"SELECT COUNT(*) AS "count!: i64", MIN(created_at) AS oldest FROM deliveries
           WHERE channel = ? AND state = 'queued'"#,
        channel.as_str()
    );
    let backlog = backlog.fetch_one(db).await?;
    Ok((backlog.count, backlog.oldest))
}

/// Deletes notifications from before `then`, with all that belongs to them; returns how many. Those that
/// wait stay.
pub(crate) async fn delete_old(db: &MySqlPool, then: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    db::in_batches(async || {
        let deleted = sqlx::query!(
            "DELETE FROM notifications WHERE created_at < ? AND NOT EXISTS
                 (SELECT 1 FROM parts JOIN deliveries ON part_id = parts.id
                  WHERE notification_id = notifications.id AND state = 'queued') LIMIT ?",
            then,
            db::BATCH
        );
        Ok(deleted.execute(db).await?.rows_affected())
    })
    .await
}

//! Until when channels are left alone.

use chrono::{DateTime, Utc};
use sqlx::MySqlExecutor;

use crate::{channel::Channel, error::NotificationError};

/// Until when a channel is left alone, if it is at `now`.
pub(crate) async fn find(
    db: impl MySqlExecutor<'_>,
    channel: Channel,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, NotificationError> {
    let pause = sqlx::query_scalar!(
        "SELECT ends_at FROM pauses WHERE channel = ? AND ends_at > ?",
        channel.as_str(),
        now
    );
    Ok(pause.fetch_optional(db).await?)
}

/// Leaves a channel alone until `end`, or longer if that was said before.
pub(crate) async fn extend(
    db: impl MySqlExecutor<'_>,
    channel: Channel,
    end: DateTime<Utc>,
) -> Result<(), NotificationError> {
    let extended = sqlx::query!(
        "INSERT INTO pauses (channel, ends_at) VALUES (?, ?)
         ON DUPLICATE KEY UPDATE ends_at = GREATEST(ends_at, VALUES(ends_at))",
        channel.as_str(),
        end
    );
    Ok(extended.execute(db).await.map(drop)?)
}

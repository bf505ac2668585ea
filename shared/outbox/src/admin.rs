//! What officers see of an outbox, and how they have an effect delivered again.

use axum::{
    Router,
    extract::{FromRef, State},
    routing::{get, post},
};
use chrono::{DateTime, TimeDelta, Utc};
use grove_http::{
    ApiError,
    extract::{Json, Path, Query},
};
use grove_identity::{
    Verifier,
    caller::{Committees, Officer},
};
use grove_shared::{
    Clock,
    effects::{Effects, PendingEffect},
    envelope::Message,
};
use serde::Deserialize;
use sqlx::{MySqlPool, Row, mysql::MySqlRow};

/// How old an effect may be that is delivered again. Its receiver knows for longer whether it has had
/// it before (`idempotency::KEPT_FOR_SERVICES`).
const REPLAYED_FOR: TimeDelta = TimeDelta::days(365);
/// Effects on a page.
const PAGE: u32 = 100;

/// Which effects are asked for.
#[derive(Debug, Deserialize)]
struct Filter {
    /// Those after this id.
    #[serde(default)]
    after: u64,
}

/// The routes of the outbox of `service`, for officers of the committees `C`:
/// `GET /outbox/{service}?after=` and `POST /outbox/{service}/{id}/replay`.
pub fn routes<S, C>(service: &str) -> Router<S>
where
    C: Committees + Send + 'static,
    S: Clone + Send + Sync + 'static,
    MySqlPool: FromRef<S>,
    Verifier: FromRef<S>,
    Clock: FromRef<S>,
{
    Router::new()
        .route(&format!("/outbox/{service}"), get(list::<C>))
        .route(&format!("/outbox/{service}/{{id}}/replay"), post(replay::<C>))
}

async fn list<C: Committees>(
    _: Officer<C>,
    State(db): State<MySqlPool>,
    Query(Filter { after }): Query<Filter>,
) -> Result<Json<Effects>, ApiError> {
    let count = "SELECT COUNT(*) - COUNT(dead_at), COUNT(dead_at)
                 FROM outbox WHERE delivered_at IS NULL";
    let counts = sqlx::query(count).fetch_one(&db).await?;
    let rows = sqlx::query(
        "SELECT id, peer, path, body, attempts, last_error, created_at, next_attempt_at, dead_at
         FROM outbox WHERE delivered_at IS NULL AND id > ? ORDER BY id LIMIT ?",
    )
    .bind(after)
    .bind(PAGE)
    .fetch_all(&db)
    .await?;
    let effects = rows.iter().map(effect).collect::<Result<_, _>>()?;
    Ok(Json(Effects { pending: counts.try_get(0)?, dead: counts.try_get(1)?, effects }))
}

async fn replay<C: Committees>(
    Officer(officer, ..): Officer<C>,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Path(id): Path<u64>,
) -> Result<Json<Message>, ApiError> {
    let now = clock.now();
    let known = sqlx::query(
        "SELECT dead_at IS NOT NULL, created_at, EXISTS (
             SELECT 1 FROM outbox AS later
             WHERE later.subject = outbox.subject AND later.peer = outbox.peer
               AND later.id > outbox.id AND later.dead_at IS NULL)
         FROM outbox WHERE id = ?",
    );
    let known = known.bind(id).fetch_optional(&db).await?;
    let known = known.ok_or_else(|| ApiError::not_found("No such effect"))?;
    let (is_dead, is_overtaken): (bool, bool) = (known.try_get(0)?, known.try_get(2)?);
    let created_at: DateTime<Utc> = known.try_get(1)?;
    if !is_dead {
        return Err(ApiError::conflict("Only an effect that was given up can be repeated"));
    }
    if is_overtaken {
        return Err(ApiError::conflict(
            "A later effect about the same subject would be undone: look at what is true now",
        ));
    }
    if created_at < now - REPLAYED_FOR {
        return Err(ApiError::conflict("An effect that is older than a year is not repeated"));
    }
    sqlx::query(
        "UPDATE outbox SET dead_at = NULL, attempts = 0, next_attempt_at = ?
         WHERE id = ? AND dead_at IS NOT NULL",
    )
    .bind(now)
    .bind(id)
    .execute(&db)
    .await?;
    tracing::info!(outbox.id = id, "effect {id} is delivered again, says {}", officer.netid);
    Ok(Json(Message::new("The effect is delivered again")))
}

fn effect(row: &MySqlRow) -> Result<PendingEffect, sqlx::Error> {
    let body: String = row.try_get("body")?;
    Ok(PendingEffect {
        id: row.try_get("id")?,
        peer: row.try_get("peer")?,
        path: row.try_get("path")?,
        body: serde_json::from_str(&body).unwrap_or_default(),
        attempts: row.try_get("attempts")?,
        last_error: row.try_get("last_error")?,
        created_at: row.try_get("created_at")?,
        next_attempt_at: row.try_get("next_attempt_at")?,
        dead_at: row.try_get("dead_at")?,
    })
}

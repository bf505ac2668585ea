//! What people see of an outbox: officers all that has not arrived, which they have delivered again, and
//! everybody what did not go through and concerns them.

use axum::{
    extract::{FromRef, State},
    routing::{get, post},
};
use chrono::{DateTime, TimeDelta, Utc};
use grove_audit::Change;
use grove_http::{
    ApiError,
    extract::{Json, Path, Query},
    openapi::{of_service, with_handler},
};
use grove_identity::{
    Verifier,
    caller::{Committees, Member, Officer},
};
use grove_shared::{
    Clock, NetId, db,
    effects::{Effects, Failed, PendingEffect},
    envelope::Message,
};
use serde::Deserialize;
use sqlx::{MySqlPool, Row, mysql::MySqlRow};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::described;

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

/// The routes of the outbox of `service`: `GET /outbox/{service}?after=` and
/// `POST /outbox/{service}/{id}/replay` for officers of the committees `C`, and `GET /outbox/{service}/mine`
/// for everybody.
pub fn routes<S, C>(service: &str) -> OpenApiRouter<S>
where
    C: Committees + Send + 'static,
    S: Clone + Send + Sync + 'static,
    MySqlPool: FromRef<S>,
    Verifier: FromRef<S>,
    Clock: FromRef<S>,
{
    let list = with_handler(routes!(described::list), get(list::<C>));
    let replay = with_handler(routes!(described::replay), post(replay::<C>));
    OpenApiRouter::new()
        .routes(of_service(service, list))
        .routes(of_service(service, routes!(mine)))
        .routes(of_service(service, replay))
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
        "SELECT id, what, concerns, peer, path, body, attempts, last_error, created_at,
                next_attempt_at, dead_at
         FROM outbox WHERE delivered_at IS NULL AND id > ? ORDER BY id LIMIT ?",
    )
    .bind(after)
    .bind(PAGE)
    .fetch_all(&db)
    .await?;
    let effects = rows.iter().map(effect).collect::<Result<_, _>>()?;
    Ok(Json(Effects { pending: counts.try_get(0)?, dead: counts.try_get(1)?, effects }))
}

/// What did not go through and concerns the caller
///
/// The latest first, of those that officers can still have delivered again.
#[utoipa::path(
    get,
    path = "/outbox/{service}/mine",
    operation_id = "list_failed",
    responses((status = 200, description = "The latest 100", body = Vec<Failed>)),
)]
async fn mine(
    person: Member,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
) -> Result<Json<Vec<Failed>>, ApiError> {
    let rows = sqlx::query(
        "SELECT what, created_at FROM outbox
         WHERE concerns = ? AND dead_at IS NOT NULL AND delivered_at IS NULL AND created_at >= ?
         ORDER BY id DESC LIMIT ?",
    )
    .bind(person.netid)
    .bind(clock.now() - REPLAYED_FOR)
    .bind(PAGE)
    .fetch_all(&db)
    .await?;
    let failed = rows.iter().map(|row| {
        Ok::<_, sqlx::Error>(Failed {
            what: row.try_get("what")?,
            created_at: row.try_get("created_at")?,
        })
    });
    Ok(Json(failed.collect::<Result<_, _>>()?))
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
               AND later.id > outbox.id AND later.dead_at IS NULL), concerns
         FROM outbox WHERE id = ?",
    );
    let known = known.bind(id).fetch_optional(&db).await?;
    let known = known
        .ok_or_else(|| ApiError::not_found("There is nothing like this that did not go through"))?;
    let (is_dead, is_overtaken): (bool, bool) = (known.try_get(0)?, known.try_get(2)?);
    let created_at: DateTime<Utc> = known.try_get(1)?;
    if !is_dead {
        return Err(ApiError::conflict("Only what did not go through can be tried again"));
    }
    if is_overtaken {
        return Err(ApiError::conflict(
            "Something later about the same person would be undone: look at what is true now",
        ));
    }
    if created_at < now - REPLAYED_FOR {
        return Err(ApiError::conflict("What is older than a year is not tried again"));
    }
    let concerns: Option<NetId> = known.try_get(3)?;
    let mut transaction = db::begin(&db).await?;
    let replayed = sqlx::query(
        "UPDATE outbox SET dead_at = NULL, attempts = 0, next_attempt_at = ?
         WHERE id = ? AND dead_at IS NOT NULL",
    );
    let replayed = replayed.bind(now).bind(id).execute(&mut *transaction).await?;
    if replayed.rows_affected() > 0 {
        let change = Change::new(&officer, "replayed", "effect", id)
            .irreversible("It goes through, or it does not once more.");
        let change = concerns.iter().fold(change, Change::about);
        grove_audit::record(&mut transaction, change, now).await?;
    }
    transaction.commit().await?;
    tracing::info!(outbox.id = id, "effect {id} is delivered again, says {}", officer.netid);
    Ok(Json(Message::new("It is tried again")))
}

fn effect(row: &MySqlRow) -> Result<PendingEffect, sqlx::Error> {
    let body: String = row.try_get("body")?;
    Ok(PendingEffect {
        id: row.try_get("id")?,
        what: row.try_get("what")?,
        concerns: row.try_get("concerns")?,
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

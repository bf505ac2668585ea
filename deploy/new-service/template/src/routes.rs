//! Every handler.

use axum::extract::State;
use grove_shared::{
    ApiError, Clock,
    caller::Member,
    extract::{Json, Query},
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use sqlx::MySqlPool;

use crate::{
    {{one}}::{New{{One}}, Title, {{One}}},
    store,
};

const PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 100;

/// Which part of the list is asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct Part {
    after: Option<u64>,
    limit: Option<u32>,
}

/// A page of the list; `next` is the `after` of the following one.
#[derive(Debug, Serialize)]
pub(crate) struct Page {
    {{name}}: Vec<{{One}}>,
    next: Option<u64>,
}

pub(crate) async fn list(
    _: Member,
    State(db): State<MySqlPool>,
    Query(part): Query<Part>,
) -> Result<Json<Page>, ApiError> {
    let limit = part.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
    // One more tells whether there is a next page.
    let mut {{name}} = store::list(&db, part.after.unwrap_or(u64::MAX), limit + 1).await?;
    let more = {{name}}.len() > limit as usize;
    {{name}}.truncate(limit as usize);
    let next = {{name}}.last().filter(|_| more).map(|last| last.id);
    Ok(Json(Page { {{name}}, next }))
}

pub(crate) async fn create(
    Member { netid, .. }: Member,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Json(new): Json<New{{One}}>,
) -> Result<(StatusCode, Json<{{One}}>), ApiError> {
    let title = Title::parse(&new.title)?;
    let created_at = clock.now();
    let id = store::insert(&db, &title, &netid, created_at).await?;
    tracing::info!({{one}}.id = id, "{{one}} {id} added by {netid}");
    let title = title.as_str().to_owned();
    let {{one}} = {{One}} { id, title, author: netid.to_string(), created_at };
    Ok((StatusCode::CREATED, Json({{one}})))
}

//! Every handler.

use axum::extract::State;
use grove_audit::{Change, record};
use grove_http::{
    ApiError,
    extract::{Json, Path, Query},
    page::PageResponse,
};
use grove_identity::caller::{CurrentMember, Officer};
use grove_{{name}}_api::{New{{One}}, {{One}}};
use grove_shared::{
    Clock, db,
    page::{Page, PageRequest},
};
use http::StatusCode;
use sqlx::MySqlPool;

use crate::{store, {{one}}::Title};

/// What members added, the newest first
#[utoipa::path(
    get,
    path = "/{{name}}",
    params(PageRequest),
    responses((status = 200, description = "A page", body = Page<{{One}}>)),
)]
pub(crate) async fn list(
    _: CurrentMember,
    State(db): State<MySqlPool>,
    Query(request): Query<PageRequest>,
) -> Result<PageResponse<Page<{{One}}>>, ApiError> {
    let {{name}} = store::list(&db, request).await?;
    let page = Page::of({{name}}, request, |{{one}}| {{one}}.id);
    Ok(PageResponse::new("/{{name}}", request, page))
}

/// Adds a {{one}}
#[utoipa::path(
    post,
    path = "/{{name}}",
    responses(
        (status = 201, description = "Added", body = {{One}}),
        (status = 400, description = "The title is missing or too long"),
    ),
)]
pub(crate) async fn create(
    CurrentMember(member): CurrentMember,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Json(new): Json<New{{One}}>,
) -> Result<(StatusCode, Json<{{One}}>), ApiError> {
    let title = Title::parse(&new.title)?;
    let (author, created_at) = (member.netid, clock.now());
    let id = store::insert(&db, &title, &author, created_at).await?;
    tracing::info!({{one}}.id = id, "{{one}} {id} added by {author}");
    let title = title.as_str().to_owned();
    let {{one}} = {{One}} { id, title, author: author.to_string(), created_at };
    Ok((StatusCode::CREATED, Json({{one}})))
}

/// Deletes a {{one}}
#[utoipa::path(
    delete,
    path = "/{{name}}/{id}",
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "There is no such {{one}}"),
    ),
)]
pub(crate) async fn delete(
    Officer(officer, ..): Officer,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Path(id): Path<u64>,
) -> Result<StatusCode, ApiError> {
    let mut transaction = db::begin(&db).await?;
    let author = store::delete(&mut transaction, id).await?;
    let deleted = Change::new(&officer, "deleted", "{{one}}", id)
        .about(&author)
        .irreversible("Its title is not kept: whoever has it can add it again.");
    record(&mut transaction, deleted, clock.now()).await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

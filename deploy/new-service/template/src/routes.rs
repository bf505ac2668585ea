//! Every handler.

use axum::extract::State;
use grove_http::{
    ApiError,
    extract::{Json, Query},
    page::PageResponse,
};
use grove_identity::caller::CurrentMember;
use grove_{{name}}_api::{New{{One}}, {{One}}};
use grove_shared::{
    Clock,
    page::{Page, PageRequest},
};
use http::StatusCode;
use sqlx::MySqlPool;

use crate::{store, {{one}}::Title};

pub(crate) async fn list(
    _: CurrentMember,
    State(db): State<MySqlPool>,
    Query(request): Query<PageRequest>,
) -> Result<PageResponse<Page<{{One}}>>, ApiError> {
    let {{name}} = store::list(&db, request).await?;
    let page = Page::of({{name}}, request, |{{one}}| {{one}}.id);
    Ok(PageResponse::new("/{{name}}", request, page))
}

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

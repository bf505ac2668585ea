//! What officers see of the log, and each person of what was done to themselves.

use axum::extract::{FromRef, State};
use grove_http::{
    ApiError,
    extract::{Json, Path, Query},
    openapi::of_service,
};
use grove_identity::{
    Verifier,
    caller::{AdminOrTop4, Member},
};
use grove_shared::{
    NetId,
    audit::{Entry, Filter},
    page::{Page, PageRequest},
};
use sqlx::MySqlPool;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::log;

/// The routes of the log of `service`: `GET /audit/{service}` and `GET /audit/{service}/{id}`.
pub fn routes<S>(service: &str) -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    MySqlPool: FromRef<S>,
    Verifier: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(of_service(service, routes!(list)))
        .routes(of_service(service, routes!(show)))
}

/// Who did what, the newest first
///
/// Officers of admin and top4 see every change; other people what was done to themselves.
#[utoipa::path(
    get,
    path = "/audit/{service}",
    operation_id = "list_changes",
    params(Filter),
    responses(
        (status = 200, description = "A page of changes", body = Page<Entry>),
        (status = 403, description = "The changes asked for are about somebody else"),
    ),
)]
async fn list(
    member: Member,
    State(db): State<MySqlPool>,
    Query(mut filter): Query<Filter>,
) -> Result<Json<Page<Entry>>, ApiError> {
    let only_own = only_own(&member);
    if let Some(own) = only_own
        && filter.about.replace(own.clone()).is_some_and(|about| about != *own)
    {
        return Err(ApiError::forbidden("Only officers see what was done to others"));
    }
    let request = PageRequest { after: filter.after, limit: filter.limit };
    let entries = log::page(&db, &filter, only_own, request).await?;
    let page = Page::of(entries, request, |entry| entry.id);
    Ok(Json(page.map(|entry| as_seen_by(&member, entry))))
}

/// One change
#[utoipa::path(
    get,
    path = "/audit/{service}/{id}",
    operation_id = "show_change",
    params(("id" = u64, Path, description = "Identifies the change within its service")),
    responses(
        (status = 200, description = "The change", body = Entry),
        (status = 404, description = "There is none that the caller may see"),
    ),
)]
async fn show(
    member: Member,
    State(db): State<MySqlPool>,
    Path(id): Path<u64>,
) -> Result<Json<Entry>, ApiError> {
    let entry = log::find(&db, id, only_own(&member)).await?;
    let entry = entry.ok_or_else(|| ApiError::not_found("No such change"))?;
    Ok(Json(as_seen_by(&member, entry)))
}

/// Whose changes alone they see, unless they see all.
fn only_own(member: &Member) -> Option<&NetId> {
    (!member.is_one_of::<AdminOrTop4>()).then_some(&member.netid)
}

/// Only officers are told how to take a change back.
fn as_seen_by(member: &Member, entry: Entry) -> Entry {
    if member.is_one_of::<AdminOrTop4>() { entry } else { Entry { undo: None, ..entry } }
}

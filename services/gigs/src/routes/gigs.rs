//! Gigs over HTTP.

use axum::extract::State;
use grove_gigs_api as api;
use grove_http::{
    ApiError,
    extract::{Json, Query},
};
use grove_identity::caller::{Caller, CurrentMember, Member};
use grove_outbox::IdempotencyKey;
use grove_shared::lenient::{Lenient, Object};
use serde::Deserialize;
use sqlx::MySqlPool;

use super::{GigId, given};
use crate::{
    editing,
    error::GigError,
    gig::{Change, Draft, number, truth},
    posting,
    state::AppState,
    store::gigs::{self, Filter, PAGE},
    viewer::Viewer,
};

#[derive(Debug, Deserialize)]
pub(crate) struct ListQuery {
    page: Lenient,
    issuer: Option<String>,
    active: Lenient,
    claimed_by: Option<String>,
}

pub(crate) async fn list(
    caller: Caller,
    State(db): State<MySqlPool>,
    Query(query): Query<ListQuery>,
) -> Result<Json<api::GigPage>, ApiError> {
    let page = number("page", &query.page)?.unwrap_or(1);
    let filter = Filter {
        issuer: given(query.issuer),
        active: truth("active", &query.active)?,
        claimed_by: given(query.claimed_by),
    };
    let viewer = Viewer::from(&caller);
    let count = gigs::count(&db, &filter, &viewer).await?;
    let num_pages = count / PAGE + i64::from(count % PAGE > 0);
    if !(1..=num_pages.max(1)).contains(&page) {
        return Err(GigError::UnknownPage.into());
    }
    let gigs = gigs::list(&db, &filter, &viewer, page).await?;
    Ok(Json(api::GigPage {
        gigs: gigs.into_iter().map(Into::into).collect(),
        page,
        num_pages,
        next_page: (page < num_pages).then_some(page + 1),
        prev_page: (page > 1).then_some(page - 1),
    }))
}

pub(crate) async fn show(
    caller: Caller,
    State(db): State<MySqlPool>,
    GigId(id): GigId,
) -> Result<Json<api::Gig>, ApiError> {
    Ok(Json(gigs::find_visible(&db, id, &Viewer::from(&caller)).await?.into()))
}

pub(crate) async fn create(
    CurrentMember(member): CurrentMember,
    key: Option<IdempotencyKey>,
    State(state): State<AppState>,
    Json(Object(new)): Json<Object<api::NewGig>>,
) -> Result<Json<api::Gig>, ApiError> {
    let draft = Draft::parse(&new, &member)?;
    let id = posting::post(&state, key.as_ref(), &new, &draft).await?;
    Ok(Json(gigs::find_visible(&state.db, id, &Viewer::from(&member)).await?.into()))
}

pub(crate) async fn update(
    member: Member,
    State(state): State<AppState>,
    GigId(id): GigId,
    Json(Object(change)): Json<Object<api::GigChange>>,
) -> Result<Json<api::Gig>, ApiError> {
    editing::update(&state, &member, id, &Change::parse(&change)?).await?;
    tracing::info!(gig.id = id, "gig {id} changed by {}", member.netid);
    Ok(Json(gigs::find_visible(&state.db, id, &Viewer::from(&member)).await?.into()))
}

pub(crate) async fn delete(
    member: Member,
    State(state): State<AppState>,
    GigId(id): GigId,
) -> Result<Json<api::Done>, ApiError> {
    editing::delete(&state, &member, id).await?;
    tracing::info!(gig.id = id, "gig {id} deleted by {}", member.netid);
    Ok(Json(api::Done { message: format!("Deleted gig {id}") }))
}

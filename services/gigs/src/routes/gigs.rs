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

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// The number of the page, from 1.
    #[param(value_type = Option<i64>, minimum = 1, example = 1)]
    page: Lenient,
    /// Those that this member offers.
    #[param(example = "jsmith2")]
    issuer: Option<String>,
    /// Those that can be claimed, or those that cannot.
    #[param(value_type = Option<bool>)]
    active: Lenient,
    /// Those on which this member has a claim that is pending or accepted.
    #[param(example = "mdoe3")]
    claimed_by: Option<String>,
}

/// Gigs, the newest first
///
/// Of those whose reward is not set aside yet, the caller's own alone.
#[utoipa::path(
    get,
    path = "/gigs",
    params(ListQuery),
    responses(
        (status = 200, description = "A page of 24", body = api::GigPage),
        (status = 400, description = "`page` is no number, or `active` no truth"),
        (status = 404, description = "There is no such page"),
    ),
)]
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

/// One gig
#[utoipa::path(
    get,
    path = "/gigs/{id}",
    params(("id" = u64, Path, description = "Identifies the gig")),
    responses(
        (status = 200, description = "The gig", body = api::Gig),
        (status = 404, description = "There is none that the caller may see"),
    ),
)]
pub(crate) async fn show(
    caller: Caller,
    State(db): State<MySqlPool>,
    GigId(id): GigId,
) -> Result<Json<api::Gig>, ApiError> {
    Ok(Json(gigs::find_visible(&db, id, &Viewer::from(&caller)).await?.into()))
}

/// Posts a gig
///
/// Its reward is set aside first, unless the chapter pays. While that cannot be known the answer is 503, and the
/// gig opens by itself once it is.
#[utoipa::path(
    post,
    path = "/gigs",
    request_body = api::NewGig,
    responses(
        (status = 200, description = "Posted", body = api::Gig),
        (status = 400, description = "A field is missing or wrong"),
        (status = 402, description = "The issuer has too few credits"),
        (status = 403, description = "The issuer is not the caller, or no officer where the chapter pays"),
    ),
)]
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

/// Edits a gig on which nobody has a claim, or closes it
///
/// A higher reward is set aside first; a lower one, or closing, gives the difference back.
#[utoipa::path(
    put,
    path = "/gigs/{id}",
    params(("id" = u64, Path, description = "Identifies the gig")),
    request_body = api::GigChange,
    responses(
        (status = 200, description = "The gig as it is from now on", body = api::Gig),
        (status = 400, description = "A field is wrong, or it is both to be closed and edited"),
        (status = 402, description = "The issuer has too few credits"),
        (status = 403, description = "The caller is not the issuer; where the chapter pays, no officer"),
        (status = 404, description = "There is no such gig"),
        (status = 409, description = "It is not open, it has claims, or who pays was to be changed"),
    ),
)]
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

/// Closes a gig and hides it
#[utoipa::path(
    delete,
    path = "/gigs/{id}",
    params(("id" = u64, Path, description = "Identifies the gig")),
    responses(
        (status = 200, description = "Hidden", body = api::Done),
        (status = 403, description = "The caller is neither the issuer nor an officer"),
        (status = 404, description = "There is no such gig"),
    ),
)]
pub(crate) async fn delete(
    member: Member,
    State(state): State<AppState>,
    GigId(id): GigId,
) -> Result<Json<api::Done>, ApiError> {
    editing::delete(&state, &member, id).await?;
    tracing::info!(gig.id = id, "gig {id} deleted by {}", member.netid);
    Ok(Json(api::Done { message: format!("Deleted gig {id}") }))
}

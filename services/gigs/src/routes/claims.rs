//! Claims over HTTP.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use grove_gigs_api as api;
use grove_http::{
    ApiError,
    extract::{Json, Query},
    page::PageResponse,
};
use grove_identity::caller::{Caller, CurrentMember, Member};
use grove_shared::{
    lenient::{Lenient, Object},
    page::{Page, PageRequest},
};
use serde::Deserialize;
use sqlx::MySqlPool;

use super::{ClaimId, given};
use crate::{
    claim::State as ClaimState,
    deciding,
    error::GigError,
    state::AppState,
    store::claims::{self, Filter},
    viewer::Viewer,
};

#[derive(Debug, Deserialize)]
pub(crate) struct ListQuery {
    gig_id: Lenient,
    claimant: Option<String>,
    state: Option<String>,
}

fn gig_id(value: &Lenient) -> Result<Option<u64>, GigError> {
    let invalid = |_| GigError::Invalid { field: "gig_id", text: "Invalid gig id.".to_owned() };
    value.number().map_err(invalid)
}

/// The states that are asked for: those that an old client knows, if it says nothing.
fn states(state: Option<&str>) -> Result<Vec<ClaimState>, GigError> {
    let names = state.unwrap_or("pending,accepted").split(',');
    let states = names.map(|name| ClaimState::try_from(name.to_owned()));
    states.collect::<Result<_, _>>().map_err(|_| {
        let names = ClaimState::NAMES.join(", ");
        let text = format!("state is one or more of {names}, separated by commas");
        GigError::Invalid { field: "state", text }
    })
}

/// A page, if one is asked for. Old clients do not, and get at most 1000.
pub(crate) async fn list(
    caller: Caller,
    State(db): State<MySqlPool>,
    Query(query): Query<ListQuery>,
    Query(request): Query<PageRequest>,
) -> Result<Response, ApiError> {
    let (claimant, state) = (given(query.claimant), given(query.state));
    let filter = Filter {
        gig_id: gig_id(&query.gig_id)?,
        states: states(state.as_deref())?,
        claimant: claimant.clone(),
    };
    let viewer = Viewer::from(&caller);
    if !request.is_given() {
        let claims = claims::list(&db, &filter, &viewer).await?;
        let claims: Vec<_> = claims.into_iter().map(api::Claim::from).collect();
        return Ok(Json(claims).into_response());
    }
    let claims = claims::page(&db, &filter, &viewer, request).await?;
    let page = Page::of(claims, request, |claim| claim.id).map(api::Claim::from);
    let asked = api::ClaimFilter { gig_id: filter.gig_id, claimant, state };
    let path = api::claims(&asked).target().map_err(ApiError::from)?;
    Ok(PageResponse::new(&path, request, page).into_response())
}

pub(crate) async fn show(
    caller: Caller,
    State(db): State<MySqlPool>,
    ClaimId(id): ClaimId,
) -> Result<Json<api::Claim>, ApiError> {
    Ok(Json(claims::find_visible(&db, id, &Viewer::from(&caller)).await?.into()))
}

pub(crate) async fn create(
    CurrentMember(member): CurrentMember,
    State(state): State<AppState>,
    Json(Object(new)): Json<Object<api::NewClaim>>,
) -> Result<Json<api::Claim>, ApiError> {
    let claimant = given(new.claimant).ok_or(GigError::Missing("claimant"))?;
    let gig_id = gig_id(&new.gig_id)?.ok_or(GigError::Missing("gig_id"))?;
    if claimant != member.netid.as_str() {
        return Err(GigError::OtherClaimant.into());
    }
    let claim = deciding::claim(&state, &member, gig_id).await.map_err(|error| match error {
        GigError::UnknownGig => GigError::UnknownGigInBody,
        other => other,
    })?;
    Ok(Json(claim.into()))
}

pub(crate) async fn accept(
    member: Member,
    State(state): State<AppState>,
    ClaimId(id): ClaimId,
) -> Result<Json<api::Done>, ApiError> {
    deciding::accept(&state, &member, id).await?;
    Ok(Json(api::Done { message: format!("Fulfilled claim {id}") }))
}

pub(crate) async fn delete(
    member: Member,
    State(state): State<AppState>,
    ClaimId(id): ClaimId,
) -> Result<Json<api::Done>, ApiError> {
    deciding::end(&state, &member, id).await?;
    Ok(Json(api::Done { message: format!("Deleted claim {id}") }))
}

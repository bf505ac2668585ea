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

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Those on this gig.
    #[param(value_type = Option<u64>, example = 7)]
    gig_id: Lenient,
    /// Those of this member.
    #[param(example = "mdoe3")]
    claimant: Option<String>,
    /// Names of states, separated by commas; those that are pending or accepted if nothing is said.
    #[param(
        pattern = "^((pending|accepted|rejected|withdrawn)(,(pending|accepted|rejected|withdrawn))*)?$",
        example = "pending,rejected"
    )]
    state: Option<String>,
}

/// Either shape of the list, for its description.
#[derive(utoipa::ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only described")]
enum ClaimList {
    Latest(Vec<api::Claim>),
    Page(Page<api::Claim>),
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

/// Claims, the newest first
///
/// A page, if one is asked for. Old clients do not, and get at most 1000 in a bare list. What was rejected or
/// withdrawn, and claims on gigs that are deleted, are shown to the issuer, the claimant and officers.
#[utoipa::path(
    get,
    path = "/gigs/claims",
    operation_id = "list_claims",
    params(ListQuery, PageRequest),
    responses(
        (status = 200, description = "The latest, or a page", body = ClaimList),
        (status = 400, description = "`gig_id` is no number, or there is no such state"),
    ),
)]
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

/// One claim
#[utoipa::path(
    get,
    path = "/gigs/claims/{id}",
    operation_id = "show_claim",
    params(("id" = u64, Path, description = "Identifies the claim")),
    responses(
        (status = 200, description = "The claim", body = api::Claim),
        (status = 404, description = "There is none that the caller may see"),
    ),
)]
pub(crate) async fn show(
    caller: Caller,
    State(db): State<MySqlPool>,
    ClaimId(id): ClaimId,
) -> Result<Json<api::Claim>, ApiError> {
    Ok(Json(claims::find_visible(&db, id, &Viewer::from(&caller)).await?.into()))
}

/// Claims a gig
#[utoipa::path(
    post,
    path = "/gigs/claims",
    operation_id = "create_claim",
    request_body = api::NewClaim,
    responses(
        (status = 200, description = "Claimed", body = api::Claim),
        (status = 400, description = "A field is missing or wrong, the gig is not open or the caller's own, or \
                                      the caller has claimed it before"),
        (status = 403, description = "The claimant is not the caller"),
        (status = 404, description = "There is no such gig"),
        (status = 409, description = "The caller has no account for credits yet"),
    ),
)]
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

/// Accepts a claim
///
/// The claimant is paid, the gig is done, and its other claims are rejected.
#[utoipa::path(
    put,
    path = "/gigs/claims/{id}",
    operation_id = "accept_claim",
    params(("id" = u64, Path, description = "Identifies the claim")),
    responses(
        (status = 200, description = "Accepted", body = api::Done),
        (status = 403, description = "The caller is not the issuer, or where the chapter pays no officer, or \
                                      the claim is their own"),
        (status = 404, description = "There is no such claim"),
        (status = 409, description = "It was decided, the gig is not open, or the claimant cannot be paid"),
    ),
)]
pub(crate) async fn accept(
    member: Member,
    State(state): State<AppState>,
    ClaimId(id): ClaimId,
) -> Result<Json<api::Done>, ApiError> {
    deciding::accept(&state, &member, id).await?;
    Ok(Json(api::Done { message: format!("Fulfilled claim {id}") }))
}

/// Withdraws the caller's own claim, or rejects another's
#[utoipa::path(
    delete,
    path = "/gigs/claims/{id}",
    operation_id = "end_claim",
    params(("id" = u64, Path, description = "Identifies the claim")),
    responses(
        (status = 200, description = "Ended", body = api::Done),
        (status = 403, description = "The caller is neither the issuer, the claimant nor an officer"),
        (status = 404, description = "There is no such claim"),
        (status = 409, description = "It was decided before"),
    ),
)]
pub(crate) async fn delete(
    member: Member,
    State(state): State<AppState>,
    ClaimId(id): ClaimId,
) -> Result<Json<api::Done>, ApiError> {
    deciding::end(&state, &member, id).await?;
    Ok(Json(api::Done { message: format!("Deleted claim {id}") }))
}

//! Claims over HTTP.

use axum::extract::State;
use grove_shared::{
    ApiError,
    api::gigs::{self as api, ClaimState},
    caller::{Caller, Member},
    db,
    extract::{Json, Query},
};
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::MySqlPool;

use super::{ClaimId, given};
use crate::{
    AppState,
    claim::Claim,
    editing,
    effect::{self, News},
    error::GigError,
    gig::{Gig, State as GigState},
    lenient,
    store::{
        claims::{self, Filter},
        gigs,
    },
    viewer::Viewer,
};

/// The states that an old client knows.
const DEFAULT_STATES: &str = "pending,accepted";
const STATES: [&str; 4] = ["pending", "accepted", "rejected", "withdrawn"];

#[derive(Debug, Deserialize)]
pub(crate) struct ListQuery {
    gig_id: Option<String>,
    claimant: Option<String>,
    state: Option<String>,
}

fn gig_id(value: &Value) -> Result<Option<u64>, GigError> {
    let invalid = || GigError::Invalid { field: "gig_id", text: "Invalid gig id.".to_owned() };
    let number = lenient::number("gig_id", value).map_err(|_| invalid())?;
    number.map(|number| u64::try_from(number).map_err(|_| invalid())).transpose()
}

fn states(state: Option<String>) -> Result<String, GigError> {
    let states = given(state).unwrap_or_else(|| DEFAULT_STATES.to_owned());
    if states.split(',').all(|state| STATES.contains(&state)) {
        return Ok(states);
    }
    let text = format!("state is one or more of {}, separated by commas", STATES.join(", "));
    Err(GigError::Invalid { field: "state", text })
}

pub(crate) async fn list(
    caller: Caller,
    State(db): State<MySqlPool>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Vec<api::Claim>>, ApiError> {
    let filter = Filter {
        gig_id: gig_id(&json!(query.gig_id))?,
        claimant: given(query.claimant),
        states: states(query.state)?,
    };
    let claims = claims::list(&db, &filter, &Viewer::from(&caller)).await?;
    Ok(Json(claims.into_iter().map(Into::into).collect()))
}

pub(crate) async fn show(
    caller: Caller,
    State(db): State<MySqlPool>,
    ClaimId(id): ClaimId,
) -> Result<Json<api::Claim>, ApiError> {
    Ok(Json(claims::find_visible(&db, id, &Viewer::from(&caller)).await?.into()))
}

pub(crate) async fn create(
    member: Member,
    State(state): State<AppState>,
    Json(new): Json<api::NewClaim>,
) -> Result<Json<api::Claim>, ApiError> {
    let claimant = new.claimant.as_deref().filter(|claimant| !claimant.is_empty());
    let claimant = claimant.ok_or(GigError::Missing("claimant"))?;
    let gig_id = gig_id(&new.gig_id)?.ok_or(GigError::Missing("gig_id"))?;
    if claimant != member.netid.as_str() {
        return Err(GigError::OtherClaimant.into());
    }
    let claim = claim(&state, &member, gig_id).await.map_err(|error| match error {
        GigError::UnknownGig => GigError::UnknownGigInBody,
        other => other,
    })?;
    Ok(Json(claim.into()))
}

async fn claim(state: &AppState, member: &Member, gig_id: u64) -> Result<Claim, GigError> {
    let now = state.clock.now();
    let mut transaction = db::begin(&state.db).await?;
    gigs::lock(&mut transaction, gig_id).await?;
    let gig = gigs::find_visible(&mut *transaction, gig_id, &member.into()).await?;
    if gig.state != GigState::Open {
        return Err(GigError::Inactive);
    }
    if gig.is_of(member) {
        return Err(GigError::OwnGig);
    }
    let id = claims::insert(&mut transaction, gig_id, &member.netid, now).await?;
    let news = News::Claimed { by: &member.netid };
    effect::tell(&mut transaction, &gig, news, &state.mails, now).await?;
    let claim = claims::find(&mut *transaction, id).await?;
    transaction.commit().await?;
    tracing::info!(claim.id = id, "gig {gig_id} claimed by {}", member.netid);
    Ok(claim)
}

pub(crate) async fn accept(
    member: Member,
    State(state): State<AppState>,
    ClaimId(id): ClaimId,
) -> Result<Json<api::Done>, ApiError> {
    let gig_id = claims::find_visible(&state.db, id, &Viewer::from(&member)).await?.gig_id;
    let now = state.clock.now();
    let mut transaction = db::begin(&state.db).await?;
    gigs::lock(&mut transaction, gig_id).await?;
    let gig = gigs::find_any(&mut *transaction, gig_id).await?;
    let claim = claims::find(&mut *transaction, id).await?;
    claim.check_acceptance(&gig, &member)?;
    check_pending(&claim)?;
    if gig.state != GigState::Open {
        return Err(GigError::NotOpen.into());
    }
    let payment = effect::pay(&mut transaction, &gig, &claim.claimant, now).await?;
    claims::accept(&mut *transaction, id, payment, &member.netid, now).await?;
    gigs::end(&mut *transaction, gig_id, GigState::Fulfilled).await?;
    let news = News::Accepted { claimant: &claim.claimant };
    effect::tell(&mut transaction, &gig, news, &state.mails, now).await?;
    editing::reject_pending(&mut transaction, &state, &member, &gig, now).await?;
    transaction.commit().await?;
    tracing::info!(claim.id = id, "claim {id} on gig {gig_id} accepted by {}", member.netid);
    Ok(Json(api::Done { message: format!("Fulfilled claim {id}") }))
}

pub(crate) async fn delete(
    member: Member,
    State(state): State<AppState>,
    ClaimId(id): ClaimId,
) -> Result<Json<api::Done>, ApiError> {
    let gig_id = claims::find_visible(&state.db, id, &Viewer::from(&member)).await?.gig_id;
    let now = state.clock.now();
    let mut transaction = db::begin(&state.db).await?;
    gigs::lock(&mut transaction, gig_id).await?;
    let gig: Gig = gigs::find_any(&mut *transaction, gig_id).await?;
    let claim = claims::find(&mut *transaction, id).await?;
    let ended = claim.end_by(&member)?;
    check_pending(&claim)?;
    claims::end(&mut *transaction, id, ended, &member.netid, now).await?;
    if ended == ClaimState::Rejected {
        let news = News::Rejected { claimant: &claim.claimant };
        effect::tell(&mut transaction, &gig, news, &state.mails, now).await?;
    }
    transaction.commit().await?;
    tracing::info!(claim.id = id, "claim {id} on gig {gig_id} ended by {}", member.netid);
    Ok(Json(api::Done { message: format!("Deleted claim {id}") }))
}

/// A decision on a claim is final.
fn check_pending(claim: &Claim) -> Result<(), GigError> {
    match claim.state {
        ClaimState::Pending => Ok(()),
        ClaimState::Accepted => Err(GigError::AlreadyFulfilled),
        ClaimState::Rejected | ClaimState::Withdrawn => Err(GigError::ClaimDecided),
    }
}

//! Handlers of groups.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use grove_groups_api as api;
use grove_http::{
    ApiError,
    extract::{Json, Path, Query},
};
use grove_identity::caller::{AdminOrTop4, Caller, Member, Officer};
use grove_shared::db;
use http::StatusCode;
use serde::Deserialize;

use crate::{
    access::Access,
    error::GroupError,
    group::{Details, GroupKey, GroupName},
    kind::Kind,
    look::look,
    place,
    state::AppState,
    store::{groups, places},
};

pub(crate) async fn kinds(_: Caller) -> Json<[&'static str; 2]> {
    Json(Kind::ALL.map(Kind::as_str))
}

pub(crate) async fn list(
    _: Caller,
    State(AppState { db, mail_domain, .. }): State<AppState>,
    Path(kind): Path<String>,
) -> Result<Json<Vec<api::Group>>, ApiError> {
    let kind = kind.parse().map_err(GroupError::from)?;
    let groups = groups::list(&db, kind).await?;
    let places = places::list_public(&db, kind).await?;
    let groups = groups.into_iter().map(|group| place::public(group, &places, &mail_domain));
    Ok(Json(groups.collect()))
}

/// `?isMember=NETID` asks about a person instead of the group.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Question {
    is_member: Option<String>,
}

pub(crate) async fn show(
    _: Caller,
    State(state): State<AppState>,
    Path((kind, name)): Path<(String, String)>,
    Query(question): Query<Question>,
) -> Result<Response, ApiError> {
    let key = GroupKey::parse(&kind, &name);
    match question.is_member {
        None => Ok(Json(public(&state, &key?).await?).into_response()),
        Some(netid) => Ok(Json(check(&state, key.ok(), netid).await?).into_response()),
    }
}

/// Whether the person is in the group; what does not exist has no members.
async fn check(
    state: &AppState,
    key: Option<GroupKey>,
    netid: String,
) -> Result<api::MembershipCheck, GroupError> {
    let is_valid = match (key, netid.parse()) {
        (Some(key), Ok(netid)) => places::is_member(&state.db, &key, &netid).await?,
        _ => false,
    };
    Ok(api::MembershipCheck { netid: is_valid.then_some(netid), is_valid })
}

async fn public(state: &AppState, key: &GroupKey) -> Result<api::Group, GroupError> {
    let group = groups::find(&state.db, key).await?;
    let places = places::list_public_of(&state.db, group.id).await?;
    Ok(place::public(group, &places, &state.mail_domain))
}

pub(crate) async fn create(
    Officer(officer, ..): Officer<AdminOrTop4>,
    State(state): State<AppState>,
    Path(kind): Path<String>,
    Json(new): Json<api::GroupChange>,
) -> Result<(StatusCode, Json<api::Group>), ApiError> {
    let kind: Kind = kind.parse().map_err(GroupError::from)?;
    let (name, details) = (GroupName::parse(new.name.as_deref())?, Details::parse(&new)?);
    let key = name.key(kind);
    let mut transaction = db::begin(&state.db).await?;
    for other in groups::lock_names(&mut *transaction, kind).await? {
        if GroupKey::new(kind, &other) != key && look(&other) == look(name.as_str()) {
            return Err(GroupError::LooksLike(other).into());
        }
    }
    match groups::insert(&mut *transaction, kind, &name, &details, state.clock.now()).await {
        Ok(()) => {}
        Err(GroupError::Duplicate) => {
            if !groups::reopen(&mut *transaction, kind, &name).await? {
                return Err(GroupError::Duplicate.into());
            }
            let id = groups::lock(&mut *transaction, &key).await?;
            groups::update(&mut *transaction, id, &details).await?;
        }
        Err(error) => return Err(error.into()),
    }
    transaction.commit().await?;
    tracing::info!(group.key = %key, "group {key} made by {}", officer.netid);
    Ok((StatusCode::CREATED, Json(public(&state, &key).await?)))
}

pub(crate) async fn update(
    member: Member,
    State(state): State<AppState>,
    Path((kind, name)): Path<(String, String)>,
    Json(change): Json<api::GroupChange>,
) -> Result<Json<api::Group>, ApiError> {
    let key = GroupKey::parse(&kind, &name)?;
    let mut transaction = db::begin(&state.db).await?;
    let id = groups::lock(&mut *transaction, &key).await?;
    Access::of(&mut *transaction, &member, &key, id).await?.check_edit()?;
    if change.name.as_ref().is_some_and(|name| GroupKey::new(key.kind, name) != key) {
        return Err(GroupError::Renamed.into());
    }
    groups::update(&mut *transaction, id, &Details::parse(&change)?).await?;
    transaction.commit().await?;
    tracing::info!(group.key = %key, "group {key} changed by {}", member.netid);
    Ok(Json(public(&state, &key).await?))
}

pub(crate) async fn end(
    Officer(officer, ..): Officer<AdminOrTop4>,
    State(state): State<AppState>,
    Path((kind, name)): Path<(String, String)>,
) -> Result<Json<api::Group>, ApiError> {
    let key = GroupKey::parse(&kind, &name)?;
    if key.officer_role().is_some() {
        return Err(GroupError::Permanent.into());
    }
    let (last_seen, now) = (public(&state, &key).await?, state.clock.now());
    let mut transaction = db::begin(&state.db).await?;
    let id = groups::lock(&mut *transaction, &key).await?;
    places::end_all(&mut *transaction, id, officer.netid.as_str(), now).await?;
    groups::end(&mut *transaction, id, now).await?;
    transaction.commit().await?;
    tracing::info!(group.key = %key, "group {key} ended by {}", officer.netid);
    Ok(Json(last_seen))
}

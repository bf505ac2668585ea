//! Handlers of places in groups, which are `roles` on the wire.

use axum::extract::State;
use grove_groups_api as api;
use grove_http::{
    ApiError,
    extract::{Json, Path},
};
use grove_identity::{
    GATEWAY,
    caller::{AllowList, Member, Peer},
};
use grove_shared::{Clock, NetId, db};
use http::StatusCode;
use serde::Serialize;
use sqlx::MySqlPool;

use crate::{
    access::Access,
    group::GroupKey,
    membership,
    place::NewPlace,
    state::AppState,
    store::{groups, places},
};

pub(crate) async fn list(
    member: Member,
    State(db): State<MySqlPool>,
    Path((kind, name)): Path<(String, String)>,
) -> Result<Json<api::GroupRoles>, ApiError> {
    let key = GroupKey::parse(&kind, &name)?;
    let group = groups::find(&db, &key).await?;
    let access = Access::of(&db, &member, &key, group.id).await?;
    let places = if access.sees_everyone() {
        places::list_all(&db, group.id).await?
    } else {
        places::list_public_of(&db, group.id).await?
    };
    let roles = places.into_iter().map(Into::into).collect();
    Ok(Json(api::GroupRoles { manageable: access.manages_places(), roles }))
}

pub(crate) async fn create(
    member: Member,
    State(AppState { db, clock, peers, .. }): State<AppState>,
    Path((kind, name)): Path<(String, String)>,
    new: Result<Json<api::NewGroupRole>, ApiError>,
) -> Result<(StatusCode, Json<api::GroupRole>), ApiError> {
    let key = GroupKey::parse(&kind, &name)?;
    let group = groups::find(&db, &key).await?.id;
    Access::of(&db, &member, &key, group).await?.check_places()?;
    // Only who may do this learns what is wrong with the body.
    let Json(new) = new?;
    let new = NewPlace::try_from(new)?.known(&peers, &key).await?;
    let mut transaction = db::begin(&db).await?;
    let group = groups::lock(&mut *transaction, &key).await?;
    Access::of(&mut *transaction, &member, &key, group).await?.check_places()?;
    let by = member.netid.as_str();
    let id = places::insert(&mut *transaction, group, &new, by, clock.now()).await?;
    let place = places::find(&mut *transaction, group, id).await?;
    transaction.commit().await?;
    tracing::info!(group.key = %key, role.id = id, "{} put into {key} by {by}", new.netid);
    Ok((StatusCode::CREATED, Json(place.into())))
}

pub(crate) async fn end(
    member: Member,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Path((kind, name, id)): Path<(String, String, u64)>,
) -> Result<Json<api::GroupRole>, ApiError> {
    let key = GroupKey::parse(&kind, &name)?;
    let mut transaction = db::begin(&db).await?;
    let group = groups::lock(&mut *transaction, &key).await?;
    Access::of(&mut *transaction, &member, &key, group).await?.check_places()?;
    let (place, by) = (places::find(&mut *transaction, group, id).await?, member.netid.as_str());
    membership::leave(&mut transaction, &key, &place, by, clock.now()).await?;
    let place = places::find(&mut *transaction, group, id).await?;
    transaction.commit().await?;
    tracing::info!(group.key = %key, role.id = id, "{} taken out of {key} by {by}", place.netid);
    Ok(Json(place.into()))
}

/// Who sends messages to everyone in a group.
#[derive(Debug)]
pub(crate) enum Notifications {}

impl AllowList for Notifications {
    const SERVICES: &'static [&'static str] = &["notifications"];
}

pub(crate) async fn members(
    _: Peer<Notifications>,
    State(db): State<MySqlPool>,
    Path((kind, name)): Path<(String, String)>,
) -> Result<Json<Vec<NetId>>, ApiError> {
    let group = groups::find(&db, &GroupKey::parse(&kind, &name)?).await?;
    Ok(Json(places::members(&db, group.id).await?))
}

/// Only the gateway asks who is an officer; everyone else sees it in the identity that it signs.
#[derive(Debug)]
pub(crate) enum Gateway {}

impl AllowList for Gateway {
    const SERVICES: &'static [&'static str] = &[GATEWAY];
}

pub(crate) async fn officer_roles(
    _: Peer<Gateway>,
    State(db): State<MySqlPool>,
    Json(api::RoleHolder { netid }): Json<api::RoleHolder>,
) -> Result<Json<api::OfficerRoles>, ApiError> {
    Ok(Json(api::OfficerRoles { roles: places::officer_roles(&db, &netid).await? }))
}

/// Who may say that someone left the chapter.
#[derive(Debug)]
pub(crate) enum Users {}

impl AllowList for Users {
    const SERVICES: &'static [&'static str] = &["users"];
}

/// `{}`
#[derive(Debug, Serialize)]
pub(crate) struct Done {}

pub(crate) async fn end_all_of(
    _: Peer<Users>,
    State(db): State<MySqlPool>,
    Json(api::Departure { netid, left_at }): Json<api::Departure>,
) -> Result<Json<Done>, ApiError> {
    let ended = places::end_all_of(&db, &netid, left_at, "users").await?;
    tracing::info!("{netid} left the chapter, and {ended} places");
    Ok(Json(Done {}))
}

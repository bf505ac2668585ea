//! Handlers of places in groups, which are `roles` on the wire.

use axum::{extract::State, http::StatusCode};
use grove_shared::{
    ApiError, Clock, NetId,
    api::{accounts::AccountName, groups as api},
    caller::{AllowList, Member, Peer},
    db,
    extract::{Json, Path},
    identity::GATEWAY,
};
use sqlx::MySqlPool;

use crate::{
    access::Access,
    group::GroupKey,
    membership,
    place::NewPlace,
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
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Path((kind, name)): Path<(String, String)>,
    new: Result<Json<api::NewGroupRole>, ApiError>,
) -> Result<(StatusCode, Json<api::GroupRole>), ApiError> {
    let key = GroupKey::parse(&kind, &name)?;
    let mut transaction = db::begin(&db).await?;
    let group = groups::lock(&mut *transaction, &key).await?;
    Access::of(&mut *transaction, &member, &key, group).await?.check_places()?;
    // Only who may do this learns what is wrong with the body.
    let Json(new) = new?;
    let (new, by) = (NewPlace::try_from(new)?, member.netid.as_str());
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
    Json(AccountName { netid }): Json<AccountName>,
) -> Result<Json<api::OfficerRoles>, ApiError> {
    Ok(Json(api::OfficerRoles { roles: places::officer_roles(&db, &netid).await? }))
}

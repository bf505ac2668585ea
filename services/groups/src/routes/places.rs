//! Handlers of places in groups, which are `roles` on the wire.

use axum::extract::State;
use grove_audit::record;
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

use super::path::{GroupPath, RolePath};
use crate::{
    access::Access,
    change, membership,
    person::Held,
    place::NewPlace,
    state::AppState,
    store::{groups, people, places},
};

/// Who has which role in a group
///
/// Its leads and offices; admin, top4 and those who lead it see everyone, and the past.
#[utoipa::path(
    get,
    path = "/groups/{type}/{name}/roles",
    operation_id = "list_roles",
    params(GroupPath),
    responses(
        (status = 200, description = "What the caller may see", body = api::GroupRoles),
        (status = 404, description = "There is no such group"),
    ),
)]
pub(crate) async fn list(
    member: Member,
    State(db): State<MySqlPool>,
    Path(path): Path<GroupPath>,
) -> Result<Json<api::GroupRoles>, ApiError> {
    let key = path.key()?;
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

/// Gives someone a role in a group
#[utoipa::path(
    post,
    path = "/groups/{type}/{name}/roles",
    operation_id = "add_role",
    params(GroupPath),
    request_body = api::NewGroupRole,
    responses(
        (status = 201, description = "Given", body = api::GroupRole),
        (status = 400, description = "Nobody has joined under this NetID, or a field is not valid"),
        (status = 403, description = "The caller is neither of admin and top4 nor leads the group, \
                                      or leads one of the committees admin, top4 and corporate"),
        (status = 404, description = "There is no such group"),
        (status = 409, description = "They are in the group already, or become an officer by it and are no members"),
    ),
)]
pub(crate) async fn create(
    member: Member,
    State(AppState { db, clock, peers, .. }): State<AppState>,
    Path(path): Path<GroupPath>,
    new: Result<Json<api::NewGroupRole>, ApiError>,
) -> Result<(StatusCode, Json<api::GroupRole>), ApiError> {
    let key = path.key()?;
    let mut transaction = db::begin(&db).await?;
    let group = groups::lock(&mut *transaction, &key).await?;
    Access::of(&mut *transaction, &member, &key, group).await?.check_places()?;
    // Only who may do this learns what is wrong with the body.
    let Json(new) = new?;
    // Asked under the lock: if the person is forgotten meanwhile, this place is, too.
    let new = NewPlace::try_from(new)?.known(&peers, &key).await?;
    let (by, now) = (member.netid.as_str(), clock.now());
    let id = places::insert(&mut *transaction, group, &new, by, now).await?;
    record(&mut transaction, change::given(&member, &key, id, &new), now).await?;
    let place = places::find(&mut *transaction, group, id).await?;
    transaction.commit().await?;
    tracing::info!(group.key = %key, role.id = id, "{} put into {key} by {by}", new.netid);
    Ok((StatusCode::CREATED, Json(place.into())))
}

/// Ends someone's role in a group, which stays in its history
#[utoipa::path(
    delete,
    path = "/groups/{type}/{name}/roles/{id}",
    operation_id = "end_role",
    params(RolePath),
    responses(
        (status = 200, description = "Ended", body = api::GroupRole),
        (status = 403, description = "The caller is neither of admin and top4 nor leads the group, \
                                      or leads one of the committees admin, top4 and corporate"),
        (status = 404, description = "There is no such group, or no such role in it"),
        (status = 409, description = "It has ended already, or is that of the last admin"),
    ),
)]
pub(crate) async fn end(
    member: Member,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Path(path): Path<RolePath>,
) -> Result<Json<api::GroupRole>, ApiError> {
    let (key, id) = (path.key()?, path.id);
    let mut transaction = db::begin(&db).await?;
    let group = groups::lock(&mut *transaction, &key).await?;
    Access::of(&mut *transaction, &member, &key, group).await?.check_places()?;
    let (by, now) = (member.netid.as_str(), clock.now());
    let place = places::find(&mut *transaction, group, id).await?;
    membership::leave(&mut transaction, &key, &place, by, now).await?;
    record(&mut transaction, change::taken(&member, &key, &place), now).await?;
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
    Path(path): Path<GroupPath>,
) -> Result<Json<Vec<NetId>>, ApiError> {
    let group = groups::find(&db, &path.key()?).await?;
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

/// Ends all places that someone took until they left the chapter, the last one in admin too: their roles
/// count no more anyway.
pub(crate) async fn end_all_of(
    users: Peer<Users>,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Json(api::Departure { netid, left_at }): Json<api::Departure>,
) -> Result<Json<Done>, ApiError> {
    let mut transaction = db::begin(&db).await?;
    groups::lock_all(&mut *transaction).await?;
    let places = people::places(&mut *transaction, &netid).await?;
    let before = |place: &Held| place.ended_at.is_none() && place.started_at <= left_at;
    for place in places.iter().filter(|place| before(place)) {
        places::end(&mut *transaction, place.id, &users.name, left_at).await?;
        record(&mut transaction, change::left(&users, &netid, place), clock.now()).await?;
    }
    transaction.commit().await?;
    tracing::info!("{netid} left the chapter and all groups");
    Ok(Json(Done {}))
}

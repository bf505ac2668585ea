//! Handlers of groups.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use grove_audit::record;
use grove_groups_api as api;
use grove_http::{
    ApiError,
    extract::{Json, Path, Query},
};
use grove_identity::caller::{AdminOrTop4, Caller, Member, Officer};
use grove_shared::db;
use http::StatusCode;
use serde::Deserialize;

use super::path::{GroupPath, KindPath};
use crate::{
    access::Access,
    change,
    error::GroupError,
    group::{Details, GroupKey, GroupName},
    kind::Kind,
    look::look,
    place,
    state::AppState,
    store::{groups, places},
};

/// The kinds of groups
#[utoipa::path(
    get,
    path = "/groups",
    responses((status = 200, description = "`sigs` and `committees`", body = Vec<String>)),
)]
pub(crate) async fn kinds(_: Caller) -> Json<[&'static str; 2]> {
    Json(Kind::ALL.map(Kind::as_str))
}

/// The groups of a kind, by name
#[utoipa::path(
    get,
    path = "/groups/{type}",
    params(KindPath),
    responses(
        (status = 200, description = "All that have not ended", body = Vec<api::Group>),
        (status = 404, description = "There is no such kind"),
    ),
)]
pub(crate) async fn list(
    _: Caller,
    State(AppState { db, mail_domain, .. }): State<AppState>,
    Path(path): Path<KindPath>,
) -> Result<Json<Vec<api::Group>>, ApiError> {
    let kind = path.kind()?;
    let groups = groups::list(&db, kind).await?;
    let places = places::list_public(&db, kind).await?;
    let groups = groups.into_iter().map(|group| place::public(group, &places, &mail_domain));
    Ok(Json(groups.collect()))
}

/// `?isMember=NETID` asks about a person instead of the group.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Question {
    /// A person: then the answer is whether they are in the group now.
    #[param(example = "jsmith2")]
    is_member: Option<String>,
}

/// The group, or with `isMember` whether the person is in it.
#[derive(utoipa::ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only described")]
enum GroupOrCheck {
    Group(api::Group),
    Check(api::MembershipCheck),
}

/// One group, or whether somebody is in it
///
/// What does not exist has no members: with `isMember` the answer is always 200.
#[utoipa::path(
    get,
    path = "/groups/{type}/{name}",
    params(GroupPath, Question),
    responses(
        (status = 200, description = "The group, or whether the person is in it", body = GroupOrCheck),
        (status = 404, description = "There is no such group, and nobody was asked about"),
    ),
)]
pub(crate) async fn show(
    _: Caller,
    State(state): State<AppState>,
    Path(path): Path<GroupPath>,
    Query(question): Query<Question>,
) -> Result<Response, ApiError> {
    let key = path.key();
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

/// Makes a group
///
/// One of this name that has ended is taken up again, with its history.
#[utoipa::path(
    post,
    path = "/groups/{type}",
    params(KindPath),
    responses(
        (status = 201, description = "Made", body = api::Group),
        (status = 400, description = "The name is missing, or a field is not valid"),
        (status = 404, description = "There is no such kind"),
        (status = 409, description = "There is a group of this name, or of one that looks like it"),
    ),
)]
pub(crate) async fn create(
    Officer(officer, ..): Officer<AdminOrTop4>,
    State(state): State<AppState>,
    Path(path): Path<KindPath>,
    Json(new): Json<api::GroupChange>,
) -> Result<(StatusCode, Json<api::Group>), ApiError> {
    let (kind, now) = (path.kind()?, state.clock.now());
    let (name, details) = (GroupName::parse(new.name.as_deref())?, Details::parse(&new)?);
    let key = name.key(kind);
    let mut transaction = db::begin(&state.db).await?;
    for other in groups::lock_names(&mut *transaction, kind).await? {
        if GroupKey::new(kind, &other) != key && look(&other) == look(name.as_str()) {
            return Err(GroupError::LooksLike(other).into());
        }
    }
    let made = match groups::insert(&mut *transaction, kind, &name, &details, now).await {
        Ok(()) => change::made(&officer, &key),
        Err(GroupError::Duplicate) => {
            if !groups::reopen(&mut *transaction, kind, &name).await? {
                return Err(GroupError::Duplicate.into());
            }
            let id = groups::lock(&mut *transaction, &key).await?;
            groups::update(&mut *transaction, id, &details).await?;
            change::reopened(&officer, &key)
        }
        Err(error) => return Err(error.into()),
    };
    record(&mut transaction, made, now).await?;
    transaction.commit().await?;
    tracing::info!(group.key = %key, "group {key} made by {}", officer.netid);
    Ok((StatusCode::CREATED, Json(public(&state, &key).await?)))
}

/// Changes what a group says of itself
#[utoipa::path(
    put,
    path = "/groups/{type}/{name}",
    params(GroupPath),
    request_body(
        content = api::GroupChange,
        example = json!({ "meetingDay": "Friday", "meetingLoc": "Siebel 1404" }),
    ),
    responses(
        (status = 200, description = "The group as it is now", body = api::Group),
        (status = 400, description = "A field is not valid, or the name is another"),
        (status = 403, description = "The caller is neither of admin and top4 nor leads the group"),
        (status = 404, description = "There is no such group"),
    ),
)]
pub(crate) async fn update(
    member: Member,
    State(state): State<AppState>,
    Path(path): Path<GroupPath>,
    Json(change): Json<api::GroupChange>,
) -> Result<Json<api::Group>, ApiError> {
    let key = path.key()?;
    let mut transaction = db::begin(&state.db).await?;
    let id = groups::lock(&mut *transaction, &key).await?;
    Access::of(&mut *transaction, &member, &key, id).await?.check_edit()?;
    if change.name.as_ref().is_some_and(|name| GroupKey::new(key.kind, name) != key) {
        return Err(GroupError::Renamed.into());
    }
    let details = Details::parse(&change)?;
    let changed = details.changed_in(&groups::find(&mut *transaction, &key).await?);
    if !changed.is_empty() {
        groups::update(&mut *transaction, id, &details).await?;
        let edited = change::edited(&member, &key, &changed);
        record(&mut transaction, edited, state.clock.now()).await?;
        transaction.commit().await?;
        tracing::info!(group.key = %key, "group {key} changed by {}", member.netid);
    }
    Ok(Json(public(&state, &key).await?))
}

/// Ends a group, which keeps its history
#[utoipa::path(
    delete,
    path = "/groups/{type}/{name}",
    params(GroupPath),
    responses(
        (status = 200, description = "The group as it was", body = api::Group),
        (status = 404, description = "There is no such group"),
        (status = 409, description = "The committees admin, top4 and corporate cannot be ended"),
    ),
)]
pub(crate) async fn end(
    Officer(officer, ..): Officer<AdminOrTop4>,
    State(state): State<AppState>,
    Path(path): Path<GroupPath>,
) -> Result<Json<api::Group>, ApiError> {
    let key = path.key()?;
    if key.officer_role().is_some() {
        return Err(GroupError::Permanent.into());
    }
    let (last_seen, now) = (public(&state, &key).await?, state.clock.now());
    let mut transaction = db::begin(&state.db).await?;
    let id = groups::lock(&mut *transaction, &key).await?;
    let people = places::count_current(&mut *transaction, id).await?;
    places::end_all(&mut *transaction, id, officer.netid.as_str(), now).await?;
    groups::end(&mut *transaction, id, now).await?;
    let ended = change::ended(&officer, &key, &last_seen.name, people);
    record(&mut transaction, ended, now).await?;
    transaction.commit().await?;
    tracing::info!(group.key = %key, "group {key} ended by {}", officer.netid);
    Ok(Json(last_seen))
}

//! What officers and members do with the records of people.

use axum::{
    extract::{FromRequestParts, State},
    response::{IntoResponse, Response},
};
use chrono::NaiveDate;
use grove_http::{
    ApiError,
    extract::{Json, Path, Query},
    page::PageResponse,
};
use grove_identity::{
    Subject,
    caller::{AdminOrTop4, Caller, Member, Officer},
};
use grove_shared::{
    NetId, db,
    envelope::{Data, Message},
    page::{Page, PageRequest},
};
use grove_users_api as api;
use http::request::Parts;
use serde::Serialize;
use sqlx::MySqlPool;

use crate::{
    application, deletion,
    error::UserError,
    membership,
    state::AppState,
    store::{self, Grounds},
    user::NewUser,
};

type Users = Json<Data<Vec<api::User>>>;

/// Either shape of the list, for its description.
#[derive(utoipa::ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only described")]
enum UserList {
    Everyone(Data<Vec<api::User>>),
    Page(Page<api::User>),
}

/// The person that a path names; no NetID names nobody.
#[derive(Debug, Clone)]
pub(crate) struct UserName(NetId);

impl<S: Send + Sync> FromRequestParts<S> for UserName {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let netid = Path::<NetId>::from_request_parts(parts, state).await;
        netid.map(|Path(netid)| Self(netid)).map_err(|_| UserError::NotFound.into())
    }
}

/// Everyone who has joined
///
/// A page, the newest first, if one is asked for. Old clients do not, and get everyone in the old shape,
/// non-members first.
#[utoipa::path(
    get,
    path = "/users",
    params(PageRequest),
    responses((status = 200, description = "Everyone, or a page", body = UserList)),
)]
pub(crate) async fn list(
    _: Officer<AdminOrTop4>,
    State(AppState { db, clock, chapter, .. }): State<AppState>,
    Query(request): Query<PageRequest>,
) -> Result<Response, ApiError> {
    let today = chapter.time.day_of(clock.now());
    if !request.is_given() {
        return Ok(everyone(&db, today).await?.into_response());
    }
    let users = store::page(&db, request, today).await?;
    let page = Page::of(users, request, |user| user.id).map(api::User::from);
    Ok(PageResponse::new("/users", request, page).into_response())
}
/// How many people are where on the way to membership
#[utoipa::path(
    get,
    path = "/users/counts",
    responses((status = 200, description = "The numbers", body = api::Counts)),
)]
pub(crate) async fn counts(
    _: Officer<AdminOrTop4>,
    State(AppState { db, clock, chapter, .. }): State<AppState>,
) -> Result<Json<api::Counts>, ApiError> {
    Ok(Json(store::counts(&db, chapter.time.day_of(clock.now())).await?))
}

async fn everyone(db: &MySqlPool, today: NaiveDate) -> Result<Users, ApiError> {
    let users = store::list(db, today).await?;
    Ok(Json(Data::new(users.into_iter().map(Into::into).collect())))
}
/// One person
///
/// The caller, or for admin and top4 anyone.
#[utoipa::path(
    get,
    path = "/users/{netid}",
    params(("netid" = NetId, Path, description = "Their login name")),
    responses(
        (status = 200, description = "The person", body = Data<api::User>),
        (status = 404, description = "Nobody of that name has joined, or the caller may not see them"),
    ),
)]
pub(crate) async fn show(
    viewer: Member,
    State(AppState { db, clock, chapter, .. }): State<AppState>,
    UserName(netid): UserName,
) -> Result<Json<Data<api::User>>, ApiError> {
    if viewer.netid != netid && !viewer.is_one_of::<AdminOrTop4>() {
        // Not 403, which would tell who joined.
        return Err(UserError::NotFound.into());
    }
    let user = store::find(&db, &netid, chapter.time.day_of(clock.now())).await?;
    Ok(Json(Data::new(user.into())))
}
/// The caller's own record
#[utoipa::path(
    get,
    path = "/users/me",
    responses(
        (status = 200, description = "The record, with roles and terms", body = Data<api::Profile>),
        (status = 404, description = "The caller has an account and has not joined"),
    ),
)]
pub(crate) async fn show_own(
    Member { netid, roles, .. }: Member,
    State(AppState { db, clock, chapter, .. }): State<AppState>,
) -> Result<Json<Data<api::Profile>>, ApiError> {
    let now = clock.now();
    let mut user = store::find(&db, &netid, chapter.time.day_of(now)).await?;
    // Who is signed in followed the link in a mail, though its news may be on its way still.
    user.verified_at.get_or_insert(now);
    let memberships = store::memberships(&db, user.id).await?;
    let standing = membership::standing(&db, &user).await?;
    let published = user.published;
    let user = user.into();
    Ok(Json(Data::new(api::Profile { user, roles, standing, published, memberships })))
}
/// Shows or hides the caller's name
#[utoipa::path(
    put,
    path = "/users/me",
    responses(
        (status = 200, description = "The record as it is now", body = Data<api::Profile>),
        (status = 404, description = "The caller has an account and has not joined"),
    ),
)]
pub(crate) async fn update_own(
    member: Member,
    State(state): State<AppState>,
    Json(change): Json<api::ProfileChange>,
) -> Result<Json<Data<api::Profile>>, ApiError> {
    store::publish(&state.db, &member.netid, change.published).await?;
    show_own(member, State(state)).await
}

/// A membership check, in the old system's envelope.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Check {
    #[serde(flatten)]
    data: Data<api::IsMember>,
    /// Always empty.
    message: &'static str,
}
/// Whether someone is a member today
#[utoipa::path(
    get,
    path = "/users/{netid}/is_member",
    params(("netid" = NetId, Path, description = "Their login name")),
    responses(
        (status = 200, description = "The answer, with the name if the caller may see it", body = Check),
        (status = 404, description = "A person asks, and nobody of that name has joined"),
    ),
)]
pub(crate) async fn is_member(
    Caller(caller): Caller,
    State(AppState { db, clock, chapter, .. }): State<AppState>,
    UserName(netid): UserName,
) -> Result<Json<Check>, ApiError> {
    let user = match store::find(&db, &netid, chapter.time.day_of(clock.now())).await {
        // An application on nobody's behalf does not learn who has joined, only who is a member.
        Err(UserError::NotFound) if caller.subject == Subject::Client => {
            return Ok(check(&netid, None, false));
        }
        found => found?,
    };
    let may_see = user.published
        || matches!(&caller.subject, Subject::Person { netid: viewer, roles, .. }
            if *viewer == netid || !roles.is_empty());
    let names = may_see.then_some((user.first_name, user.last_name));
    Ok(check(&netid, names, user.is_member))
}

fn check(netid: &NetId, names: Option<(String, String)>, is_member: bool) -> Json<Check> {
    let (first_name, last_name) = names.unzip();
    let check = api::IsMember { netid: netid.to_string(), first_name, last_name, is_member };
    Json(Check { data: Data::new(check), message: "" })
}

/// Asks to join
///
/// One answer, whoever is known already: what it means for them, the owner of the mail address is told. Old
/// clients add a member for each group that interests the person; nothing follows from it.
#[utoipa::path(
    post,
    path = "/users",
    responses(
        (status = 200, description = "Noted", body = Message),
        (status = 400, description = "A field is missing or not valid"),
        (status = 429, description = "Too many people have asked to join from this address"),
    ),
)]
pub(crate) async fn join(
    caller: Caller,
    State(AppState { db, clock, chapter, join_limit, .. }): State<AppState>,
    Json(form): Json<api::NewUser>,
) -> Result<Json<Message>, ApiError> {
    let now = clock.now();
    let user = NewUser::parse(&form, now)?;
    let mut transaction = db::begin(&db).await?;
    let from = caller.address();
    application::take(&mut transaction, &user, from, join_limit, &chapter, now).await?;
    transaction.commit().await?;
    tracing::info!(user.netid = %user.netid, "{} asks to join", user.netid);
    let chapter = &chapter.chapter_name;
    Ok(Json(Message::new(format!("Your request to join {chapter} was successful."))))
}
/// Records that someone paid the dues
///
/// They are a member from today to the end of the academic year.
#[utoipa::path(
    put,
    path = "/users/{netid}/paid",
    params(("netid" = NetId, Path, description = "Their login name")),
    responses(
        (status = 200, description = "Everyone", body = Data<Vec<api::User>>),
        (status = 400, description = "They are a member already"),
        (status = 404, description = "Nobody of that name has joined"),
    ),
)]
pub(crate) async fn pay(
    Officer(officer, ..): Officer<AdminOrTop4>,
    State(AppState { db, clock, chapter, .. }): State<AppState>,
    UserName(netid): UserName,
) -> Result<Users, ApiError> {
    let now = clock.now();
    let mut transaction = db::begin(&db).await?;
    let grounds = Grounds::Officer(&officer.netid);
    let (_, term) =
        membership::begin(&mut transaction, &netid, &officer, grounds, &chapter, now).await?;
    transaction.commit().await?;
    tracing::info!(user.netid = %netid, "{netid} paid until {}, says {}", term.ends_on, officer.netid);
    everyone(&db, term.starts_on).await
}
/// Removes someone, here and in every service
///
/// It ends when all have confirmed it: `GET /users/deletions` tells. Until then nobody joins under that name.
#[utoipa::path(
    delete,
    path = "/users/{netid}",
    params(("netid" = NetId, Path, description = "Their login name")),
    responses(
        (status = 200, description = "Everyone else", body = Data<Vec<api::User>>),
        (status = 404, description = "Nobody of that name has joined"),
    ),
)]
pub(crate) async fn delete(
    Officer(officer, ..): Officer<AdminOrTop4>,
    State(AppState { db, clock, chapter, .. }): State<AppState>,
    UserName(netid): UserName,
) -> Result<Users, ApiError> {
    let now = clock.now();
    let mut transaction = db::begin(&db).await?;
    deletion::begin(&mut transaction, &netid, &officer, &chapter, now).await?;
    transaction.commit().await?;
    tracing::info!(user.netid = %netid, "{netid} deleted by {}", officer.netid);
    everyone(&db, chapter.time.day_of(now)).await
}

/// Who was removed in the last 400 days, and how far that is
#[utoipa::path(
    get,
    path = "/users/deletions",
    params(PageRequest),
    responses((status = 200, description = "A page, the newest first", body = Page<api::Deletion>)),
)]
pub(crate) async fn deletions(
    _: Officer<AdminOrTop4>,
    State(AppState { db, clock, .. }): State<AppState>,
    Query(request): Query<PageRequest>,
) -> Result<PageResponse<Page<api::Deletion>>, ApiError> {
    let since = clock.now() - deletion::KEPT;
    let deletions = store::deletions::page(&db, request, since).await?;
    let page = Page::of(deletions, request, |deletion| deletion.id);
    Ok(PageResponse::new("/users/deletions", request, page))
}

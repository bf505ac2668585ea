//! What officers and members do with the records of people.

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use chrono::NaiveDate;
use grove_shared::{
    ApiError, NetId,
    api::{
        envelope::{Data, Message},
        users as api,
    },
    caller::{Caller, Member, Officer},
    db,
    extract::{Json, Path},
    identity::Subject,
};
use serde::Serialize;
use sqlx::MySqlPool;

use crate::{
    AppState, effect,
    error::UserError,
    membership::{self, Grounds},
    store,
    user::NewUser,
};

type Users = Json<Data<Vec<api::User>>>;

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

pub(crate) async fn list(
    _: Officer,
    State(AppState { db, clock, .. }): State<AppState>,
) -> Result<Users, ApiError> {
    everyone(&db, clock.now().date_naive()).await
}

async fn everyone(db: &MySqlPool, today: NaiveDate) -> Result<Users, ApiError> {
    let users = store::list(db, today).await?;
    Ok(Json(Data::new(users.into_iter().map(Into::into).collect())))
}

pub(crate) async fn show(
    viewer: Member,
    State(AppState { db, clock, .. }): State<AppState>,
    UserName(netid): UserName,
) -> Result<Json<Data<api::User>>, ApiError> {
    if viewer.netid != netid && !viewer.is_officer() {
        // Not 403, which would tell who joined.
        return Err(UserError::NotFound.into());
    }
    let user = store::find(&db, &netid, clock.now().date_naive()).await?;
    Ok(Json(Data::new(user.into())))
}

pub(crate) async fn show_own(
    Member { netid, .. }: Member,
    State(AppState { db, clock, .. }): State<AppState>,
) -> Result<Json<Data<api::Profile>>, ApiError> {
    let user = store::find(&db, &netid, clock.now().date_naive()).await?;
    let memberships = store::memberships(&db, user.id).await?;
    let published = user.published;
    Ok(Json(Data::new(api::Profile { user: user.into(), published, memberships })))
}

pub(crate) async fn update_own(
    member: Member,
    State(state): State<AppState>,
    Json(change): Json<api::ProfileChange>,
) -> Result<Json<Data<api::Profile>>, ApiError> {
    store::publish(&state.db, &member.netid, change.published).await?;
    show_own(member, State(state)).await
}

/// A membership check, in the old system's envelope.
#[derive(Debug, Serialize)]
pub(crate) struct Check {
    #[serde(flatten)]
    data: Data<api::IsMember>,
    message: &'static str,
}

pub(crate) async fn is_member(
    Caller(caller): Caller,
    State(AppState { db, clock, .. }): State<AppState>,
    UserName(netid): UserName,
) -> Result<Json<Check>, ApiError> {
    let user = store::find(&db, &netid, clock.now().date_naive()).await?;
    let may_see = user.published
        || matches!(&caller.subject, Subject::Person { netid: viewer, roles, .. }
            if *viewer == netid || !roles.is_empty());
    let check = api::IsMember {
        netid: netid.to_string(),
        first_name: may_see.then_some(user.first_name),
        last_name: may_see.then_some(user.last_name),
        is_member: user.is_member,
    };
    Ok(Json(Check { data: Data::new(check), message: "" }))
}

pub(crate) async fn join(
    _: Caller,
    State(AppState { db, clock, chapter, .. }): State<AppState>,
    Json(form): Json<api::NewUser>,
) -> Result<Json<Message>, ApiError> {
    let now = clock.now();
    let user = NewUser::parse(&form, now)?;
    let mut transaction = db::begin(&db).await?;
    store::insert(&mut transaction, &user).await?;
    effect::joined(&mut transaction, &user, &chapter, now).await?;
    transaction.commit().await?;
    tracing::info!(user.netid = %user.netid, "{} asks to join", user.netid);
    let chapter = &chapter.chapter_name;
    Ok(Json(Message::new(format!("Your request to join {chapter} was successful."))))
}

pub(crate) async fn pay(
    Officer(officer): Officer,
    State(AppState { db, clock, chapter, .. }): State<AppState>,
    UserName(netid): UserName,
) -> Result<Users, ApiError> {
    let now = clock.now();
    let mut transaction = db::begin(&db).await?;
    let grounds = Grounds::Officer(&officer.netid);
    let (_, term) = membership::begin(&mut transaction, &netid, grounds, &chapter, now).await?;
    transaction.commit().await?;
    tracing::info!(user.netid = %netid, "{netid} paid until {}, says {}", term.ends_on, officer.netid);
    everyone(&db, term.starts_on).await
}

pub(crate) async fn delete(
    Officer(officer): Officer,
    State(AppState { db, clock, .. }): State<AppState>,
    UserName(netid): UserName,
) -> Result<Users, ApiError> {
    let now = clock.now();
    let mut transaction = db::begin(&db).await?;
    store::delete(&mut *transaction, &netid).await?;
    effect::deleted(&mut transaction, &netid, now).await?;
    transaction.commit().await?;
    tracing::info!(user.netid = %netid, "{netid} deleted by {}", officer.netid);
    everyone(&db, now.date_naive()).await
}

//! What officers and members do with the records of people.

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use chrono::NaiveDate;
use grove_shared::{
    ApiError, NetId,
    api::{
        accounts::AccountName,
        envelope::{Data, Message},
        users as api,
    },
    caller::{AllowList, Caller, Member, Officer, Peer},
    extract::{Json, Path},
    identity::Subject,
};
use serde::Serialize;
use sqlx::MySqlPool;

use crate::{
    AppState, effect,
    error::UserError,
    store::{self, Approval},
    term,
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
    let mut transaction = db.begin().await?;
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
    let term = term::starting_on(now.date_naive());
    let mut transaction = db.begin().await?;
    store::lock(&mut transaction, &netid).await?;
    let user = store::find(&mut *transaction, &netid, term.starts_on).await?;
    if user.is_member {
        return Err(UserError::AlreadyMember.into());
    }
    let directory_effect = effect::paid(&mut transaction, &user, &chapter, now).await?;
    let approval = Approval { officer: &officer.netid, directory_effect };
    store::insert_membership(&mut *transaction, &netid, &term, Some(approval), now).await?;
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
    let mut transaction = db.begin().await?;
    store::delete(&mut *transaction, &netid).await?;
    effect::deleted(&mut transaction, &netid, now).await?;
    transaction.commit().await?;
    tracing::info!(user.netid = %netid, "{netid} deleted by {}", officer.netid);
    everyone(&db, now.date_naive()).await
}

/// Who may report that a person's mail address is theirs.
#[derive(Debug)]
pub(crate) struct Auth;

impl AllowList for Auth {
    const SERVICES: &'static [&'static str] = &["auth"];
}

/// Someone deleted since is none of the sender's business: there is nothing to note, and no error.
pub(crate) async fn verify(
    _: Peer<Auth>,
    State(AppState { db, clock, .. }): State<AppState>,
    Json(AccountName { netid }): Json<AccountName>,
) -> Result<Json<serde_json::Value>, ApiError> {
    store::verify(&db, &netid, clock.now()).await?;
    Ok(Json(serde_json::json!({})))
}

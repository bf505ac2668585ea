//! What other services report and ask.

use axum::extract::State;
use grove_http::{
    ApiError,
    extract::{Json, Path},
};
use grove_identity::{
    GATEWAY,
    caller::{AllowList, Peer},
};
use grove_outbox::idempotency::{IdempotencyKey, StoredReply};
use grove_shared::{NetId, Standing, db};
use grove_users_api::{CurrentMember, NewMembership, Person, PersonStanding, UserName};
use http::StatusCode;
use serde::Serialize;

use crate::{
    error::UserError,
    membership,
    state::AppState,
    store::{self, Grounds, deletions},
    user::{Member, parse_payment},
};

/// Who may report that a person's mail address is theirs.
#[derive(Debug)]
pub(crate) struct Auth;

impl AllowList for Auth {
    const SERVICES: &'static [&'static str] = &["auth"];
}

/// `{}`
#[derive(Debug, Serialize)]
pub(crate) struct Done {}

/// Someone deleted since is none of the sender's business: there is nothing to note, and no error.
pub(crate) async fn verify(
    _: Peer<Auth>,
    State(AppState { db, clock, .. }): State<AppState>,
    Json(UserName { netid }): Json<UserName>,
) -> Result<Json<Done>, ApiError> {
    // What comes late of an account that is being removed says nothing of who joins anew.
    if !deletions::is_leaving(&db, &netid).await? {
        store::verify(&db, &netid, clock.now()).await?;
    }
    Ok(Json(Done {}))
}

/// Who may ask what someone may do.
#[derive(Debug)]
pub(crate) struct Gateway;

impl AllowList for Gateway {
    const SERVICES: &'static [&'static str] = &[GATEWAY];
}

/// Whoever has an account alone may not do more than an applicant.
pub(crate) async fn standing(
    _: Peer<Gateway>,
    State(AppState { db, clock, chapter, .. }): State<AppState>,
    Json(UserName { netid }): Json<UserName>,
) -> Result<Json<PersonStanding>, ApiError> {
    let standing = match store::find(&db, &netid, chapter.time.day_of(clock.now())).await {
        Ok(user) => membership::standing(&db, &user).await?,
        Err(UserError::NotFound) => Standing::Applicant,
        Err(error) => return Err(error.into()),
    };
    Ok(Json(PersonStanding { standing }))
}

/// Who may ask for one person's name.
#[derive(Debug)]
pub(crate) struct Groups;

impl AllowList for Groups {
    const SERVICES: &'static [&'static str] = &["groups"];
}

pub(crate) async fn person(
    _: Peer<Groups>,
    State(AppState { db, clock, chapter, .. }): State<AppState>,
    Path(netid): Path<NetId>,
) -> Result<Json<Person>, ApiError> {
    let user = store::find(&db, &netid, chapter.time.day_of(clock.now())).await?;
    let standing = membership::standing(&db, &user).await?;
    let (first_name, last_name) = (user.first_name, user.last_name);
    Ok(Json(Person { netid, first_name, last_name, standing }))
}

/// Who may ask for everyone who is a member.
#[derive(Debug)]
pub(crate) struct Readers;

impl AllowList for Readers {
    const SERVICES: &'static [&'static str] = &["directory", "notifications", "merch", "credits"];
}

pub(crate) async fn members(
    _: Peer<Readers>,
    State(AppState { db, clock, chapter, .. }): State<AppState>,
) -> Result<Json<Vec<CurrentMember>>, ApiError> {
    let members = store::members(&db, chapter.time.day_of(clock.now())).await?;
    let members = members.into_iter().map(|member| member.with_address(&chapter));
    Ok(Json(members.collect()))
}

/// Who may say that the dues were paid online.
#[derive(Debug)]
pub(crate) struct Credits;

impl AllowList for Credits {
    const SERVICES: &'static [&'static str] = &["credits"];
}

pub(crate) async fn admit(
    credits: Peer<Credits>,
    State(AppState { db, clock, chapter, .. }): State<AppState>,
    key: IdempotencyKey,
    Json(request): Json<NewMembership>,
) -> Result<StoredReply, ApiError> {
    let now = clock.now();
    let NewMembership { netid, payment } = &request;
    let payment = parse_payment(payment)?;
    let mut transaction = db::begin(&db).await?;
    if let Some(reply) = key.begin(&mut transaction, &request, now).await? {
        return Ok(reply);
    }
    let grounds = Grounds::Payment(payment);
    let begun = membership::begin(&mut transaction, netid, &credits, grounds, &chapter, now).await;
    let (user, term) = begun.map_err(refuse)?;
    let member = Member {
        netid: user.netid,
        first_name: user.first_name,
        last_name: user.last_name,
        until: term.ends_on,
    };
    let member = member.with_address(&chapter);
    let reply = key.finish(&mut transaction, StatusCode::OK, &member).await?;
    transaction.commit().await?;
    tracing::info!(user.netid = %netid, "{netid} paid online until {}: {payment}", term.ends_on);
    Ok(reply)
}

/// Services are told 409 where the old route for officers says 400.
fn refuse(error: UserError) -> ApiError {
    match error {
        UserError::AlreadyMember => ApiError::conflict(error.to_string()),
        error => error.into(),
    }
}

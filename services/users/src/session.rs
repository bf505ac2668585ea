//! Signing in and out: auth keeps the passwords and sessions, this service knows the people.

use std::time::Duration;

use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use grove_auth_api::{Credentials, NewAccount, NewSession};
use grove_http::{ApiError, extract::Json};
use grove_identity::caller::{Caller, Member};
use grove_shared::{
    CallError, Client,
    config::ChapterTime,
    db,
    envelope::{Data, Message},
};
use grove_users_api::{Login, Logout, SignedIn};
use http::{HeaderMap, StatusCode, header};
use sqlx::MySqlPool;

use crate::{
    error::UserError,
    state::AppState,
    store::{self, deletions},
    user::{Name, NewUser, User, parse_netid},
};

/// How long to wait after too many tries, if auth does not say.
const DEFAULT_WAIT: Duration = Duration::from_mins(1);

/// The longest that auth takes to let someone in.
const LOGIN_TAKES: TimeDelta = TimeDelta::minutes(1);

/// Signs in
///
/// By NetID in any case, or by mail address. Someone with an account alone becomes known here, as no member.
#[utoipa::path(
    post,
    path = "/users/login",
    responses(
        (status = 200, description = "The person, and the session's token", body = Data<SignedIn>),
        (status = 400, description = "A field is missing, or the name or the password is wrong"),
        (status = 429, description = "Too many tries failed"),
    ),
)]
pub(crate) async fn login(
    caller: Caller,
    headers: HeaderMap,
    State(AppState { db, clock, peers, chapter, .. }): State<AppState>,
    Json(login): Json<Login>,
) -> Result<Json<Data<SignedIn>>, ApiError> {
    let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let credentials = Credentials {
        netid: parse_netid(login.netid.as_deref().map(|name| chapter.netid_of(name)).as_deref())?
            .to_string(),
        password: required(login.password, "password")?,
        address: caller.address(),
        user_agent: user_agent.map(str::to_owned),
    };
    let session = peers.call(grove_auth_api::begin_session(&credentials)).await;
    let NewSession { token, account } = session.map_err(refusal)?;
    if deletions::is_leaving(&db, &account.netid).await? {
        // They were deleted, which not every service knows yet. When auth does, it ends the session, too.
        let _ = peers.call(grove_auth_api::end_session_of(&token)).await;
        return Err(UserError::WrongCredentials.into());
    }
    let user = find_or_add(&db, &account, chapter.time, clock.now()).await?;
    Ok(Json(Data::new(SignedIn { user: user.into(), token })))
}

fn required(text: Option<String>, field: &'static str) -> Result<String, UserError> {
    text.filter(|text| !text.is_empty()).ok_or(UserError::Missing(field))
}

fn refusal(error: CallError) -> ApiError {
    match error {
        CallError::Refused { status: StatusCode::BAD_REQUEST, .. } => {
            UserError::WrongCredentials.into()
        }
        CallError::Refused { status: StatusCode::TOO_MANY_REQUESTS, retry_after, .. } => {
            ApiError::too_many_requests(retry_after.unwrap_or(DEFAULT_WAIT))
        }
        error => error.into(),
    }
}

/// The person behind an account. Someone with an account alone becomes known here, as no member.
async fn find_or_add(
    db: &MySqlPool,
    account: &NewAccount,
    time: ChapterTime,
    now: DateTime<Utc>,
) -> Result<User, UserError> {
    let today = time.day_of(now);
    match store::find(db, &account.netid, today).await {
        // Auth may have answered before it learned of the deletion.
        Err(UserError::NotFound)
            if deletions::was_deleted_since(db, &account.netid, now - LOGIN_TAKES).await? =>
        {
            return Err(UserError::WrongCredentials);
        }
        Err(UserError::NotFound) => add(db, account, now).await?,
        // Who has a password followed the link in a mail, though its news may be on its way still.
        Ok(user) if user.verified_at.is_none() => store::verify(db, &user.netid, now).await?,
        found => return found,
    }
    store::find(db, &account.netid, today).await
}

async fn add(db: &MySqlPool, account: &NewAccount, now: DateTime<Utc>) -> Result<(), UserError> {
    let name = |field, name: &str| {
        Name::parse(field, Some(name)).unwrap_or_else(|_| Name::from(&account.netid))
    };
    let user = NewUser {
        netid: account.netid.clone(),
        first_name: name("first_name", &account.first_name),
        last_name: name("last_name", &account.last_name),
        uin: None,
        verified_at: Some(now),
        added_to_directory: false,
        created_at: now,
    };
    let mut transaction = db::begin(db).await?;
    match store::insert(&mut *transaction, &user).await {
        // Two first logins at once: the other one added the person.
        Ok(()) | Err(UserError::Exists) => Ok(transaction.commit().await?),
        Err(error) => Err(error),
    }
}

/// Ends a session of the caller
#[utoipa::path(
    post,
    path = "/users/logout",
    responses(
        (status = 200, description = "It has ended, if there was one", body = Message),
        (status = 400, description = "The token is missing"),
    ),
)]
pub(crate) async fn logout(
    _: Member,
    State(AppState { peers, .. }): State<AppState>,
    Json(logout): Json<Logout>,
) -> Result<Json<Message>, ApiError> {
    let token = required(logout.token, "token")?;
    peers.call(grove_auth_api::end_session_of(&token)).await?;
    Ok(Json(Message::new("OK")))
}

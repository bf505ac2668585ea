//! Signing in and out: auth keeps the passwords and sessions, this service knows the people.

use std::time::Duration;

use axum::{
    extract::State,
    http::{HeaderMap, Method, StatusCode, header},
};
use chrono::{DateTime, Utc};
use grove_shared::{
    ApiError,
    api::{
        accounts::{Credentials, NewAccount, NewSession, SessionToken},
        envelope::{Data, Message},
        users::{Login, Logout, SignedIn},
    },
    caller::{Caller, Member},
    db,
    extract::Json,
    peer::PeerError,
};
use serde_json::Value;
use sqlx::MySqlPool;

use crate::{
    AppState,
    error::UserError,
    store,
    user::{Name, NewUser, User, parse_netid},
};

/// How long to wait after too many tries, if auth does not say.
const DEFAULT_WAIT: Duration = Duration::from_mins(1);

pub(crate) async fn login(
    caller: Caller,
    headers: HeaderMap,
    State(AppState { db, clock, peers, .. }): State<AppState>,
    Json(login): Json<Login>,
) -> Result<Json<Data<SignedIn>>, ApiError> {
    let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let credentials = Credentials {
        netid: parse_netid(login.netid.as_deref())?.to_string(),
        password: required(login.password, "password")?,
        address: caller.address(),
        user_agent: user_agent.map(str::to_owned),
    };
    let session = peers.call("auth", Method::POST, "/internal/sessions", &credentials).await;
    let NewSession { token, account } = session.map_err(refusal)?;
    let user = find_or_add(&db, &account, clock.now()).await?;
    Ok(Json(Data::new(SignedIn { user: user.into(), token })))
}

fn required(text: Option<String>, field: &'static str) -> Result<String, UserError> {
    text.filter(|text| !text.is_empty()).ok_or(UserError::Missing(field))
}

fn refusal(error: PeerError) -> ApiError {
    match error {
        PeerError::Refused { status: StatusCode::BAD_REQUEST, .. } => {
            UserError::WrongCredentials.into()
        }
        PeerError::Refused { status: StatusCode::TOO_MANY_REQUESTS, retry_after, .. } => {
            ApiError::too_many_requests(retry_after.unwrap_or(DEFAULT_WAIT))
        }
        error => error.into(),
    }
}

/// The person behind an account. Someone with an account alone becomes known here, as no member.
async fn find_or_add(
    db: &MySqlPool,
    account: &NewAccount,
    now: DateTime<Utc>,
) -> Result<User, UserError> {
    let today = now.date_naive();
    match store::find(db, &account.netid, today).await {
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
    match store::insert(&mut transaction, &user).await {
        // Two first logins at once: the other one added the person.
        Ok(()) | Err(UserError::Exists) => Ok(transaction.commit().await?),
        Err(error) => Err(error),
    }
}

pub(crate) async fn logout(
    _: Member,
    State(AppState { peers, .. }): State<AppState>,
    Json(logout): Json<Logout>,
) -> Result<Json<Message>, ApiError> {
    let token = SessionToken { token: required(logout.token, "token")? };
    let _: Value = peers.call("auth", Method::POST, "/internal/sessions/end", &token).await?;
    Ok(Json(Message::new("OK")))
}

//! The session resource of old clients, in the shape of Atlassian Crowd's.
//!
//! The token is part of the path there, so nothing here logs a path.

use axum::extract::State;
use grove_shared::{
    ApiError, Clock,
    api::accounts::NewAccount,
    caller::{Caller, Member, not_an_officer},
    extract::{Json, Path, Query},
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use sqlx::MySqlPool;

use crate::{
    AppState,
    config::Chapter,
    error::AuthError,
    routes::sessions::UserAgent,
    session::{Device, LiveSession},
    sign_in::sign_in,
    store::sessions,
};

/// A sign-in. Validation factors are accepted and say nothing: the gateway knows the address.
#[derive(Deserialize)]
pub(crate) struct Credentials {
    username: Option<String>,
    password: Option<SecretString>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    username: Option<String>,
}

/// A session as Crowd shows it; not `Debug`, for the token's sake.
#[derive(Serialize)]
pub(crate) struct Session {
    token: String,
    user: User,
    link: Link,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct User {
    name: String,
    first_name: String,
    last_name: String,
    email: String,
    link: Link,
}

#[derive(Serialize)]
struct Link {
    rel: &'static str,
    href: String,
}

impl Link {
    fn to(href: String) -> Self {
        Self { rel: "self", href }
    }
}

impl Session {
    fn new(token: String, account: NewAccount, chapter: &Chapter) -> Self {
        let NewAccount { netid, first_name, last_name } = account;
        let email = chapter.address_of(&netid);
        let link = Link::to(format!("/users/{netid}"));
        let user = User { name: netid.to_string(), first_name, last_name, email, link };
        Self { link: Link::to(format!("/session/{token}")), token, user }
    }

    fn of(token: String, session: LiveSession, chapter: &Chapter) -> Self {
        let LiveSession { netid, first_name, last_name, .. } = session;
        Self::new(token, NewAccount { netid, first_name, last_name }, chapter)
    }
}

/// `{"message": "OK"}`
#[derive(Debug, Serialize)]
pub(crate) struct Done {
    message: &'static str,
}

const DONE: Json<Done> = Json(Done { message: "OK" });

pub(crate) async fn create(
    caller: Caller,
    agent: UserAgent,
    State(state): State<AppState>,
    Query(named): Query<Named>,
    Json(credentials): Json<Credentials>,
) -> Result<Json<Session>, ApiError> {
    let name = credentials.username.or(named.username).ok_or(AuthError::Missing("username"))?;
    let password = credentials.password.ok_or(AuthError::Missing("password"))?;
    let device = Device::new(caller.address(), agent.as_str());
    let session = sign_in(&state, &name, &password, &device).await?;
    Ok(Json(Session::new(session.token, session.account, &state.chapter)))
}

pub(crate) async fn show(
    _: Caller,
    State(state): State<AppState>,
    Path(token): Path<String>,
) -> Result<Json<Session>, ApiError> {
    let session = sessions::find(&state.db, &token, state.clock.now()).await?;
    let session = session.ok_or(AuthError::NoSession)?;
    Ok(Json(Session::of(token, session, &state.chapter)))
}

pub(crate) async fn validate(
    _: Caller,
    State(state): State<AppState>,
    Path(token): Path<String>,
) -> Result<Json<Session>, ApiError> {
    let now = state.clock.now();
    let session = sessions::find(&state.db, &token, now).await?.ok_or(AuthError::NoSession)?;
    sessions::touch(&state.db, &session, now).await?;
    Ok(Json(Session::of(token, session, &state.chapter)))
}

pub(crate) async fn delete(
    _: Caller,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Path(token): Path<String>,
) -> Result<Json<Done>, ApiError> {
    sessions::end_by_token(&db, &token, clock.now()).await?;
    Ok(DONE)
}

pub(crate) async fn delete_all(
    member: Member,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Query(named): Query<Named>,
) -> Result<Json<Done>, ApiError> {
    let name = named.username.ok_or(AuthError::Missing("username"))?;
    if name != member.netid.as_str() && !member.is_officer() {
        return Err(not_an_officer());
    }
    if let Ok(netid) = name.parse() {
        sessions::end_all(&db, &netid, None, clock.now()).await?;
        tracing::info!("every session of {netid} ended by {}", member.netid);
    }
    Ok(DONE)
}

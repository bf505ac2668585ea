//! The session resource of old clients, in the shape of Atlassian Crowd's.
//!
//! The token is part of the path there, so nothing here logs a path. Validation factors are accepted and
//! say nothing: the gateway knows the address.

use axum::extract::State;
use grove_auth_api::{Link, NewAccount, OFFICER_IDLE, OldCredentials, OldSession, SessionOwner};
use grove_http::{
    ApiError,
    extract::{Json, Path, Query},
};
use grove_identity::caller::{AdminOrTop4, Caller, Member, not_an_officer};
use grove_shared::Clock;
use serde::{Deserialize, Serialize};
use sqlx::MySqlPool;

use crate::{
    config::Chapter,
    error::AuthError,
    routes::sessions::UserAgent,
    session::{Device, LiveSession},
    sign_in::sign_in,
    state::AppState,
    store::sessions,
};

/// The name may stand in the query instead of the body.
#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    username: Option<String>,
}

fn session(token: String, account: NewAccount, chapter: &Chapter) -> OldSession {
    let NewAccount { netid, first_name, last_name } = account;
    let email = chapter.address_of(&netid);
    let link = link(format!("/users/{netid}"));
    let user = SessionOwner { name: netid.to_string(), first_name, last_name, email, link };
    OldSession { link: self::link(format!("/session/{token}")), token, user }
}

fn session_of(token: String, session: LiveSession, chapter: &Chapter) -> OldSession {
    let LiveSession { netid, first_name, last_name, .. } = session;
    self::session(token, NewAccount { netid, first_name, last_name }, chapter)
}

fn link(href: String) -> Link {
    Link { rel: "self".to_owned(), href }
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
    Json(credentials): Json<OldCredentials>,
) -> Result<Json<OldSession>, ApiError> {
    let name = credentials.username.or(named.username).ok_or(AuthError::Missing("username"))?;
    let password = credentials.password.ok_or(AuthError::Missing("password"))?;
    let device = Device::new(caller.address(), agent.as_str());
    let begun = sign_in(&state, &name, &password.into(), &device).await?;
    Ok(Json(session(begun.token, begun.account, &state.chapter)))
}

pub(crate) async fn show(
    _: Caller,
    State(state): State<AppState>,
    Path(token): Path<String>,
) -> Result<Json<OldSession>, ApiError> {
    let found = sessions::find(&state.db, &token, state.clock.now()).await?;
    let found = found.ok_or(AuthError::NoSession)?;
    Ok(Json(session_of(token, found, &state.chapter)))
}

pub(crate) async fn validate(
    _: Caller,
    State(state): State<AppState>,
    Path(token): Path<String>,
) -> Result<Json<OldSession>, ApiError> {
    let now = state.clock.now();
    let session = sessions::find(&state.db, &token, now).await?.ok_or(AuthError::NoSession)?;
    // What was idle for longer than an officer's may be is only the gateway's to keep alive, which knows
    // who is one.
    if now - session.last_used_at <= OFFICER_IDLE {
        sessions::touch(&state.db, &session, now).await?;
    }
    Ok(Json(session_of(token, session, &state.chapter)))
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
    if name != member.netid.as_str() && !member.is_one_of::<AdminOrTop4>() {
        return Err(not_an_officer());
    }
    if let Ok(netid) = name.parse() {
        sessions::end_all(&db, &netid, None, clock.now()).await?;
        tracing::info!("every session of {netid} ended by {}", member.netid);
    }
    Ok(DONE)
}

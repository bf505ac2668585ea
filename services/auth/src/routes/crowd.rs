//! The session resource of old clients, in the shape of Atlassian Crowd's.
//!
//! The token is part of the path there, so nothing here logs a path, and no call of the contract goes here:
//! Grove's own programs send the token in a header. Validation factors are accepted and say nothing: the
//! gateway knows the address.

use axum::extract::State;
use grove_audit::{Change, record};
use grove_auth_api::{Link, NewAccount, OFFICER_IDLE, OldCredentials, OldSession, SessionOwner};
use grove_http::{
    ApiError,
    extract::{Json, Path, Query},
};
use grove_identity::caller::{AdminOrTop4, Caller, Member, not_an_officer};
use grove_shared::{Clock, db};
use serde::{Deserialize, Serialize};
use serde_json::json;
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
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Done {
    message: &'static str,
}

const DONE: Json<Done> = Json(Done { message: "OK" });

/// Signs someone in, as old clients do
///
/// The name may stand in the query instead of the body.
#[utoipa::path(
    post,
    path = "/session",
    operation_id = "sign_in",
    params(("username" = Option<String>, Query, description = "The login name as typed", example = "jsmith2")),
    responses(
        (status = 200, description = "A session has begun", body = OldSession),
        (status = 400, description = "A field is missing, or the name or the password is wrong"),
        (status = 429, description = "There were too many tries"),
    ),
)]
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

/// Whose session it is
#[utoipa::path(
    get,
    path = "/session/{token}",
    operation_id = "show_session_of_token",
    params(("token" = String, Path, description = "The session's token", example = "0123456789012345678901234567890123456789012")),
    responses(
        (status = 200, description = "The session is alive", body = OldSession),
        (status = 404, description = "There is no such session, or it has ended"),
    ),
)]
pub(crate) async fn show(
    _: Caller,
    State(state): State<AppState>,
    Path(token): Path<String>,
) -> Result<Json<OldSession>, ApiError> {
    let found = sessions::find(&state.db, &token, state.clock.now()).await?;
    let found = found.ok_or(AuthError::NoSession)?;
    Ok(Json(session_of(token, found, &state.chapter)))
}

/// Whose session it is, which counts as a use of it
#[utoipa::path(
    post,
    path = "/session/{token}",
    operation_id = "use_session_of_token",
    params(("token" = String, Path, description = "The session's token", example = "0123456789012345678901234567890123456789012")),
    responses(
        (status = 200, description = "The session is alive", body = OldSession),
        (status = 404, description = "There is no such session, or it has ended"),
    ),
)]
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

/// Ends a session, if there is one
#[utoipa::path(
    delete,
    path = "/session/{token}",
    operation_id = "end_session_of_token",
    params(("token" = String, Path, description = "The session's token", example = "0123456789012345678901234567890123456789012")),
    responses(
        (status = 200, description = "It has ended", body = Done),
    ),
)]
pub(crate) async fn delete(
    _: Caller,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Path(token): Path<String>,
) -> Result<Json<Done>, ApiError> {
    sessions::end_by_token(&db, &token, clock.now()).await?;
    Ok(DONE)
}

/// Ends every session of someone
///
/// Their own, or for admin and top4 anybody's.
#[utoipa::path(
    delete,
    path = "/session",
    operation_id = "end_sessions_of",
    params(("username" = Option<String>, Query, description = "Whose sessions", example = "jsmith2")),
    responses(
        (status = 200, description = "They have ended", body = Done),
        (status = 400, description = "The name is missing"),
        (status = 403, description = "The sessions are somebody else's"),
    ),
)]
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
        let mut transaction = db::begin(&db).await?;
        let ended = sessions::end_all(&mut *transaction, &netid, None, clock.now()).await?;
        if ended > 0 && netid != member.netid {
            let change = Change::new(&member, "ended", "sessions", &netid)
                .about(&netid)
                .from(json!({ "sessions": ended }))
                .irreversible("They sign in again.");
            record(&mut transaction, change, clock.now()).await?;
        }
        transaction.commit().await?;
        tracing::info!("every session of {netid} ended by {}", member.netid);
    }
    Ok(DONE)
}

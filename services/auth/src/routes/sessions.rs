//! A person's own sessions.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, State};
use grove_auth_api as api;
use grove_http::{
    ApiError,
    extract::{Json, Path},
};
use grove_identity::caller::Member;
use grove_shared::{Clock, envelope::Message};
use http::{HeaderValue, header, request::Parts};
use sqlx::MySqlPool;

use crate::{
    error::AuthError,
    store::{accounts, sessions},
};

/// What the browser calls itself.
#[derive(Debug)]
pub(crate) struct UserAgent(Option<HeaderValue>);

impl UserAgent {
    pub(crate) fn as_str(&self) -> Option<&str> {
        self.0.as_ref()?.to_str().ok()
    }
}

impl<S: Sync> FromRequestParts<S> for UserAgent {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.get(header::USER_AGENT).cloned()))
    }
}

/// Whose session the caller's is
#[utoipa::path(
    get,
    path = "/session",
    operation_id = "show_own_session",
    responses(
        (status = 200, description = "The owner", body = api::OwnSession),
        (status = 404, description = "The account is gone"),
    ),
)]
pub(crate) async fn show(
    Member { netid, .. }: Member,
    State(db): State<MySqlPool>,
) -> Result<Json<api::OwnSession>, ApiError> {
    let account = accounts::find(&db, netid.as_str()).await?.ok_or(AuthError::NoSession)?;
    Ok(Json(api::OwnSession { account: account.into() }))
}

/// The caller's sessions, newest first
#[utoipa::path(
    get,
    path = "/sessions",
    operation_id = "list_sessions",
    responses(
        (status = 200, description = "Those that are alive", body = api::Sessions),
    ),
)]
pub(crate) async fn list(
    Member { netid, session, .. }: Member,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
) -> Result<Json<api::Sessions>, ApiError> {
    let sessions = sessions::list(&db, &netid, session, clock.now()).await?;
    Ok(Json(api::Sessions { sessions }))
}

/// Ends one of the caller's sessions
#[utoipa::path(
    delete,
    path = "/sessions/{id}",
    operation_id = "end_session",
    responses(
        (status = 200, description = "It has ended", body = Message),
        (status = 404, description = "The caller has no such session"),
    ),
)]
pub(crate) async fn end(
    Member { netid, .. }: Member,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Path(id): Path<u64>,
) -> Result<Json<Message>, ApiError> {
    if !sessions::end(&db, id, &netid, clock.now()).await? {
        return Err(AuthError::NoSession.into());
    }
    tracing::info!(session.id = id, "session {id} ended by {netid}");
    Ok(Json(Message::new("The session is ended.")))
}

/// Ends all of the caller's sessions but the one in use
#[utoipa::path(
    delete,
    path = "/sessions",
    operation_id = "end_other_sessions",
    responses(
        (status = 200, description = "They have ended", body = Message),
    ),
)]
pub(crate) async fn end_others(
    Member { netid, session, .. }: Member,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
) -> Result<Json<Message>, ApiError> {
    sessions::end_all(&db, &netid, session, clock.now()).await?;
    tracing::info!("every other session ended by {netid}");
    Ok(Json(Message::new("Every other session is ended.")))
}

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

use crate::{error::AuthError, store::sessions};

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

pub(crate) async fn list(
    Member { netid, session, .. }: Member,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
) -> Result<Json<api::Sessions>, ApiError> {
    let sessions = sessions::list(&db, &netid, session, clock.now()).await?;
    Ok(Json(api::Sessions { sessions }))
}

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

pub(crate) async fn end_others(
    Member { netid, session, .. }: Member,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
) -> Result<Json<Message>, ApiError> {
    sessions::end_all(&db, &netid, session, clock.now()).await?;
    tracing::info!("every other session ended by {netid}");
    Ok(Json(Message::new("Every other session is ended.")))
}

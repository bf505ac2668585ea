//! What officers and the service users ask for.

use axum::extract::{FromRef, FromRequestParts, State};
use grove_directory_api::{Changed, Repair, Report, Status};
use grove_http::{ApiError, extract::Json};
use grove_identity::{
    Subject, Verifier,
    caller::{AdminOrTop4, AllowList, Caller, Officer, Peer},
};
use grove_shared::NetId;
use http::{StatusCode, request::Parts};
use serde_json::Value;

use crate::{
    entry::{self, Progress},
    error::DirectoryError,
    reconciliation::{self, WHILE_WAITING},
    state::AppState,
    store,
};

/// The service that says who becomes a member and who no longer is one.
#[derive(Debug)]
pub(crate) struct Users;

impl AllowList for Users {
    const SERVICES: &'static [&'static str] = &["users"];
}

/// An officer of admin or top4, or the service users.
#[derive(Debug)]
pub(crate) struct Editor;

impl<S> FromRequestParts<S> for Editor
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, state).await?.0.subject;
        if let Subject::Service(_) = caller {
            Peer::<Users>::from_request_parts(parts, state).await?;
        } else {
            Officer::<AdminOrTop4>::from_request_parts(parts, state).await?;
        }
        Ok(Self)
    }
}

/// A body as the old service read it.
type Body = Result<Json<Value>, ApiError>;

pub(crate) async fn add(
    _: Editor,
    State(state): State<AppState>,
    body: Body,
) -> Result<Json<Changed>, ApiError> {
    change(&state, body, true).await
}

pub(crate) async fn remove(
    _: Editor,
    State(state): State<AppState>,
    body: Body,
) -> Result<Json<Changed>, ApiError> {
    change(&state, body, false).await
}

async fn change(state: &AppState, body: Body, wanted: bool) -> Result<Json<Changed>, ApiError> {
    let netid = netid(body)?;
    let AppState { db, campus, clock, .. } = state;
    let message = match entry::set(db, campus.as_ref(), &netid, wanted, clock.now()).await? {
        Progress::Done => "Success",
        Progress::Recorded => "No directory is configured; nothing was changed",
    };
    Ok(Json(Changed { message: message.to_owned() }))
}

fn netid(body: Body) -> Result<NetId, ApiError> {
    let body = match body {
        Ok(Json(Value::Object(body))) if !body.is_empty() => body,
        Err(cause) if cause.status() != StatusCode::BAD_REQUEST => return Err(cause),
        Ok(_) | Err(_) => return Err(DirectoryError::NotJson.into()),
    };
    let netid = match body.get("netid") {
        None | Some(Value::Null) => return Err(DirectoryError::MissingNetId.into()),
        Some(netid) => netid.as_str().and_then(|netid| netid.parse().ok()),
    };
    netid.ok_or_else(|| DirectoryError::InvalidNetId.into())
}

pub(crate) async fn status(
    _: Officer<AdminOrTop4>,
    State(AppState { db, campus, .. }): State<AppState>,
) -> Result<Json<Status>, ApiError> {
    let opened = match &campus {
        Some(campus) => Some(campus.open().await.map(drop)),
        None => None,
    };
    let (waiting, refused) = store::entries::count_open(&db).await?;
    let error = opened.as_ref().and_then(|opened| opened.as_ref().err());
    Ok(Json(Status {
        configured: campus.is_some(),
        protection: campus.map(|campus| campus.protection()),
        reachable: opened.as_ref().map(Result::is_ok),
        error: error.map(ToString::to_string),
        waiting,
        refused,
        last_report_at: store::reports::newest(&db).await?.map(|report| report.made_at),
    }))
}

pub(crate) async fn report(
    _: Officer<AdminOrTop4>,
    State(AppState { db, .. }): State<AppState>,
) -> Result<Json<Report>, ApiError> {
    let report = store::reports::newest(&db).await?.ok_or(DirectoryError::NoReport)?;
    Ok(Json(report))
}

pub(crate) async fn reconcile(
    _: Officer<AdminOrTop4>,
    State(state): State<AppState>,
) -> Result<Json<Report>, ApiError> {
    Ok(Json(reconciliation::reconcile(&state, WHILE_WAITING).await?))
}

pub(crate) async fn repair(
    Officer(officer, ..): Officer<AdminOrTop4>,
    State(state): State<AppState>,
) -> Result<Json<Repair>, ApiError> {
    tracing::info!("{} repairs the directory's group", officer.netid);
    Ok(Json(reconciliation::repair(&state).await?))
}

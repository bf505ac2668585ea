//! What officers and the service users ask for.

use axum::extract::{FromRef, FromRequestParts, State};
use grove_audit::Actor;
use grove_directory_api::{Changed, Person, Repair, Report, Status};
use grove_http::{ApiError, extract::Json};
use grove_identity::{
    Subject, Verifier,
    caller::{AdminOrTop4, AllowList, Caller, Officer, Peer},
};
use grove_shared::NetId;
use http::{StatusCode, request::Parts};
use serde_json::Value;

use crate::{
    change_request::{ChangeRequest, Place},
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
pub(crate) struct Editor(Actor);

impl<S> FromRequestParts<S> for Editor
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, state).await?.0.subject;
        Ok(Self(if let Subject::Service(_) = caller {
            (&Peer::<Users>::from_request_parts(parts, state).await?).into()
        } else {
            (&Officer::<AdminOrTop4>::from_request_parts(parts, state).await?).into()
        }))
    }
}

/// A body as the old service read it.
type Body = Result<Json<Value>, ApiError>;

/// Enters someone in the campus directory
///
/// Fine when they are in the chapter's group already.
#[utoipa::path(
    post,
    path = "/activedirectory/add",
    request_body = Person,
    responses(
        (status = 200, description = "Entered, or kept until a directory is configured", body = Changed),
        (status = 400, description = "The body is no JSON object, or the NetID is missing or not valid"),
        (status = 409, description = "The directory has no entry for the person, or several"),
    ),
)]
pub(crate) async fn add(
    Editor(editor): Editor,
    State(state): State<AppState>,
    body: Body,
) -> Result<Json<Changed>, ApiError> {
    change(&state, body, Place::In, &editor).await
}

/// Takes someone out of the campus directory
///
/// Fine when they are not in the chapter's group.
#[utoipa::path(
    post,
    path = "/activedirectory/remove",
    request_body = Person,
    responses(
        (status = 200, description = "Taken out, or kept until a directory is configured", body = Changed),
        (status = 400, description = "The body is no JSON object, or the NetID is missing or not valid"),
        (status = 409, description = "The directory has several entries for the person"),
    ),
)]
pub(crate) async fn remove(
    Editor(editor): Editor,
    State(state): State<AppState>,
    body: Body,
) -> Result<Json<Changed>, ApiError> {
    change(&state, body, Place::Out, &editor).await
}

async fn change(
    state: &AppState,
    body: Body,
    place: Place,
    editor: &Actor,
) -> Result<Json<Changed>, ApiError> {
    let netid = netid(body)?;
    let message =
        match entry::set(state, &ChangeRequest { netid: &netid, place, asked_by: editor }).await? {
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

/// Says how the service stands with the directory
#[utoipa::path(
    get,
    path = "/directory/status",
    responses((status = 200, description = "Whether it answers, and what waits for it", body = Status)),
)]
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

/// The newest report on how members and directory differ
#[utoipa::path(
    get,
    path = "/directory/report",
    responses(
        (status = 200, description = "The report", body = Report),
        (status = 404, description = "There is no report yet"),
    ),
)]
pub(crate) async fn report(
    _: Officer<AdminOrTop4>,
    State(AppState { db, .. }): State<AppState>,
) -> Result<Json<Report>, ApiError> {
    let report = store::reports::newest(&db).await?.ok_or(DirectoryError::NoReport)?;
    Ok(Json(report))
}

/// Compares members and directory
///
/// Nothing but the report changes. The service does so by itself each day.
#[utoipa::path(
    post,
    path = "/directory/reconcile",
    responses(
        (status = 200, description = "How they differ", body = Report),
        (status = 409, description = "No directory is configured"),
    ),
)]
pub(crate) async fn reconcile(
    _: Officer<AdminOrTop4>,
    State(state): State<AppState>,
) -> Result<Json<Report>, ApiError> {
    Ok(Json(reconciliation::reconcile(&state, WHILE_WAITING).await?))
}

/// Mends the directory where it differs from the members
///
/// Does what the newest report calls for, as far as it is still so: adds members, and takes out others whom
/// Grove added. What takes too long is left to the next repair.
#[utoipa::path(
    post,
    path = "/directory/repair",
    responses(
        (status = 200, description = "What was mended, and how they differ afterwards", body = Repair),
        (status = 404, description = "There is no report yet"),
        (status = 409, description = "No directory is configured"),
    ),
)]
pub(crate) async fn repair(
    Officer(officer, ..): Officer<AdminOrTop4>,
    State(state): State<AppState>,
) -> Result<Json<Repair>, ApiError> {
    tracing::info!("{} repairs the directory's group", officer.netid);
    Ok(Json(reconciliation::repair(&state, &Actor::from(&officer)).await?))
}

//! Who did what, in all services: everything for officers, and for each person what was done to themselves.

mod log;
mod undo;

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use grove_http::extract::Query;

use self::log::{Log, PAGE, ReturnPath, Wanted};
use crate::{
    AppState,
    error::PageError,
    gateway::Gateway,
    person::Person,
    render::{Frame, Page},
    session::SignedIn,
};

/// The pages on changes.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route(PAGE, get(show))
        .route("/intranet/changes/{service}/{id}/undo", post(undo::submit))
}

#[derive(Debug, Template)]
#[template(path = "changes/index.html")]
struct Changes {
    frame: Frame,
    person: Arc<Person>,
    log: Log,
}

async fn show(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
    State(AppState { time, .. }): State<AppState>,
    Query(wanted): Query<Wanted>,
) -> Result<Page<Changes>, PageError> {
    let log = Log::load(wanted, &person, &gateway, time).await?;
    Ok(Page(Changes { frame, person, log }))
}

//! The campus directory, for officers: whether it answers, and where it differs from the members.

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    response::Response,
    routing::{get, post},
};
use grove_directory_api::{self as directory, Missing, Repair, Surplus};
use grove_shared::{CallError, Client};
use http::StatusCode;

use crate::{
    AppState,
    csrf::{NoFields, Protected},
    error::PageError,
    flash::Flash,
    gateway::Gateway,
    moment::Moment,
    person::Person,
    render::{Frame, Page, see_other},
    session::BoardVisitor,
};

const PAGE: &str = "/intranet/directory";

/// The page on the directory.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/intranet/directory", get(show))
        .route("/intranet/directory/check", post(check))
        .route("/intranet/directory/repair", post(repair))
}

#[derive(Debug, Template)]
#[template(path = "directory/index.html")]
struct Directory {
    frame: Frame,
    person: Arc<Person>,
    /// Nothing when the service does not answer.
    status: Option<directory::Status>,
    /// Nothing before the first comparison.
    report: Option<Report>,
}

/// Where members and directory differ.
#[derive(Debug)]
struct Report {
    checked: Moment,
    members: u32,
    listed: u32,
    missing: Vec<Missing>,
    surplus: Vec<Surplus>,
    unknown: Vec<String>,
}

impl From<directory::Report> for Report {
    fn from(report: directory::Report) -> Self {
        let directory::Report { made_at, members, listed, missing, surplus, unknown, .. } = report;
        Self { checked: Moment(made_at), members, listed, missing, surplus, unknown }
    }
}

impl Report {
    fn is_clean(&self) -> bool {
        self.missing.is_empty() && self.surplus.is_empty() && self.unknown.is_empty()
    }

    /// How many would be added.
    fn to_add(&self) -> usize {
        self.missing.iter().filter(|missing| missing.dn.is_some()).count()
    }

    /// How many would be removed: only whom Grove added.
    fn to_remove(&self) -> usize {
        self.surplus.iter().filter(|surplus| surplus.added_by_grove).count()
    }

    fn is_mendable(&self) -> bool {
        self.to_add() + self.to_remove() > 0
    }
}

async fn show(
    BoardVisitor(person): BoardVisitor,
    frame: Frame,
    gateway: Gateway,
) -> Result<Page<Directory>, PageError> {
    let (status, drift) =
        tokio::join!(gateway.call(directory::status()), gateway.call(directory::report()));
    let status = match status {
        Err(CallError::Unreachable { .. } | CallError::Unavailable { .. }) => None,
        status => Some(status?),
    };
    let report = match drift {
        Ok(drift) => Some(drift.into()),
        Err(
            CallError::Unreachable { .. }
            | CallError::Unavailable { .. }
            | CallError::Refused { status: StatusCode::NOT_FOUND, .. },
        ) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(Page(Directory { frame, person, status, report }))
}

async fn check(
    _: BoardVisitor,
    gateway: Gateway,
    flash: Flash,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    if flash.unless_refused(gateway.with_patience().call(directory::reconcile()).await)?.is_some() {
        flash.success("Members and directory are compared.");
    }
    Ok(see_other(PAGE))
}

async fn repair(
    _: BoardVisitor,
    gateway: Gateway,
    flash: Flash,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    if let Some(done) =
        flash.unless_refused(gateway.with_patience().call(directory::repair()).await)?
    {
        let text = told(&done);
        if done.failed.is_empty() { flash.success(text) } else { flash.error(text) }
    }
    Ok(see_other(PAGE))
}

/// What a repair did, in sentences.
fn told(done: &Repair) -> String {
    let changed = format!("{} added, {} removed.", done.added.len(), done.removed.len());
    let left = (done.left > 0).then(|| format!("{} are left: repair again.", done.left));
    let failed = done
        .failed
        .iter()
        .map(|failure| format!("{}: {}.", failure.netid, failure.error.trim_end_matches('.')));
    let sentences: Vec<_> = [changed].into_iter().chain(left).chain(failed).collect();
    sentences.join(" ")
}

//! People who are being removed, or were, for officers: what is gone, and what stays and why.

use std::sync::Arc;

use askama::Template;
use grove_http::extract::Query;
use grove_shared::{Client, page::PageRequest, personal_data::Forgotten};
use grove_users_api::{self as users, Deletion};

use crate::{
    error::PageError,
    gateway::Gateway,
    moment::Moment,
    person::Person,
    render::{Frame, Page},
    session::BoardVisitor,
};

#[derive(Debug, Template)]
#[template(path = "users/removed.html")]
pub(crate) struct Removed {
    frame: Frame,
    person: Arc<Person>,
    rows: Vec<Row>,
    /// What to ask for those before these, if there are any.
    older: Option<u64>,
}

/// One person.
#[derive(Debug)]
struct Row {
    netid: String,
    by: Option<String>,
    at: Moment,
    /// The services that have not forgotten the person, separated by commas; empty when all have.
    waits_for: String,
    reports: Vec<Report>,
}

/// What a service said.
#[derive(Debug)]
struct Report {
    service: String,
    forgotten: Forgotten,
}

impl From<Deletion> for Row {
    fn from(deletion: Deletion) -> Self {
        let waits = deletion.steps.iter().filter(|step| step.confirmed_at.is_none());
        let waits: Vec<_> = waits.map(|step| step.service.as_str()).collect();
        let waits_for = waits.join(", ");
        let reports = deletion.steps.into_iter().filter_map(|step| {
            let forgotten = step.forgotten?;
            let says_something = !forgotten.removed.is_empty() || !forgotten.kept.is_empty();
            says_something.then_some(Report { service: step.service, forgotten })
        });
        Self {
            reports: reports.collect(),
            netid: deletion.netid.to_string(),
            by: deletion.deleted_by.map(|officer| officer.to_string()),
            at: Moment(deletion.deleted_at),
            waits_for,
        }
    }
}

pub(crate) async fn show(
    BoardVisitor(person): BoardVisitor,
    frame: Frame,
    gateway: Gateway,
    Query(request): Query<PageRequest>,
) -> Result<Page<Removed>, PageError> {
    let page = gateway.call(users::deletions(request)).await?;
    let rows = page.items.into_iter().map(Row::from).collect();
    Ok(Page(Removed { frame, person, rows, older: page.next }))
}

//! One message, and what became of it for each recipient.

use std::sync::Arc;

use askama::Template;
use grove_http::extract::Path;
use grove_notifications_api as notifications;
use grove_shared::Client;

use super::{LogPart, Row, kind, sender};
use crate::{
    error::PageError,
    gateway::Gateway,
    moment::Moment,
    person::Person,
    render::{Frame, Page},
    session::OfficerVisitor,
};

#[derive(Debug, Template)]
#[template(path = "notifications/message.html")]
pub(super) struct Message {
    frame: Frame,
    person: Arc<Person>,
    id: u64,
    title: String,
    text: String,
    kind: String,
    by: String,
    when: Moment,
    rows: Vec<Row>,
    part: LogPart,
}

pub(super) async fn show(
    OfficerVisitor(person): OfficerVisitor,
    frame: Frame,
    gateway: Gateway,
    Path(id): Path<u64>,
) -> Result<Page<Message>, PageError> {
    let sent = gateway.call(notifications::find(id)).await?;
    let rows: Vec<_> = sent.deliveries.into_iter().map(Row::from).collect();
    let title = rows.first().map_or_else(|| format!("No. {id}"), |row| row.subject.clone());
    Ok(Page(Message {
        frame,
        person,
        id: sent.id,
        title,
        text: sent.message,
        kind: kind(&sent.kind),
        by: sender(&sent.requested_by),
        when: Moment(sent.created_at),
        rows,
        part: LogPart::default(),
    }))
}

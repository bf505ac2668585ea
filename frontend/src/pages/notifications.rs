//! The delivery log, for officers: which message went to whom, on which way, and how far it came.

mod compose;
mod draft;
mod message;

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    response::Response,
    routing::{get, post},
};
use grove_http::extract::{Path, Query};
use grove_notifications_api::{
    self as notifications, Deliveries, Delivery, DeliveryState, LogFilter,
};
use grove_shared::Client;
use serde::{Deserialize, Serialize};

use crate::{
    AppState,
    csrf::Protected,
    error::PageError,
    flash::Flash,
    gateway::Gateway,
    moment::Moment,
    person::Person,
    render::{Frame, Page, see_other},
    session::OfficerVisitor,
};

const LOG: &str = "/intranet/notifications";

/// The pages on messages to people.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/intranet/notifications", get(show))
        .route("/intranet/notifications/new", get(compose::show).post(compose::submit))
        .route("/intranet/notifications/{id}", get(message::show))
        .route("/intranet/notifications/deliveries/{id}/replay", post(replay))
}

#[derive(Debug, Template)]
#[template(path = "notifications/index.html")]
struct Log {
    frame: Frame,
    person: Arc<Person>,
    part: LogPart,
    states: &'static [State],
    rows: Vec<Row>,
    older: Option<String>,
}

/// Which part of the log, as the page's address says it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
struct LogPart {
    /// Those in this state; all when empty.
    state: String,
    /// Those to this person or address; all when empty.
    recipient: String,
    /// Those before this one; from the newest when empty.
    after: String,
}

impl LogPart {
    fn filter(&self) -> LogFilter {
        let state = DeliveryState::ALL.into_iter().find(|state| state.as_str() == self.state);
        let recipient = Some(self.recipient.trim().to_owned()).filter(|text| !text.is_empty());
        LogFilter { after: self.after.parse().ok(), limit: None, state, recipient }
    }
}

/// What people call a state of a delivery.
#[derive(Debug)]
struct State {
    is: DeliveryState,
    label: &'static str,
    badge: &'static str,
    /// Whether an officer may have it tried again.
    replayable: bool,
}

const STATES: [State; 5] = [
    State {
        is: DeliveryState::Queued,
        label: "Waiting",
        badge: "badge badge-warn",
        replayable: false,
    },
    State { is: DeliveryState::Sent, label: "Sent", badge: "badge badge-good", replayable: false },
    State {
        is: DeliveryState::Failed,
        label: "Failed",
        badge: "badge badge-bad",
        replayable: true,
    },
    State {
        is: DeliveryState::Dead,
        label: "Given up",
        badge: "badge badge-bad",
        replayable: true,
    },
    State { is: DeliveryState::Skipped, label: "Not wanted", badge: "badge", replayable: false },
];

impl State {
    fn of(state: DeliveryState) -> &'static Self {
        match state {
            DeliveryState::Queued => &STATES[0],
            DeliveryState::Sent => &STATES[1],
            DeliveryState::Failed => &STATES[2],
            DeliveryState::Dead => &STATES[3],
            DeliveryState::Skipped => &STATES[4],
        }
    }
}

/// One delivery.
#[derive(Debug)]
struct Row {
    id: u64,
    notification: u64,
    subject: String,
    channel: &'static str,
    recipient: String,
    by: String,
    state: &'static State,
    tries: u32,
    error: Option<String>,
    when: Moment,
}

impl From<Delivery> for Row {
    fn from(delivery: Delivery) -> Self {
        let subject = delivery.subject.filter(|subject| !subject.trim().is_empty());
        Self {
            id: delivery.id,
            notification: delivery.notification_id,
            subject: subject.unwrap_or_else(|| format!("No. {}", delivery.notification_id)),
            channel: channel(&delivery.channel),
            recipient: delivery.recipient,
            by: sender(&delivery.requested_by),
            state: State::of(delivery.state),
            tries: delivery.attempts,
            error: delivery.last_error,
            when: Moment(delivery.created_at),
        }
    }
}

impl Row {
    /// `2 tries`
    fn tries(&self) -> String {
        match self.tries {
            0 => String::new(),
            1 => "1 try".to_owned(),
            tries => format!("{tries} tries"),
        }
    }
}

/// What people call a kind of message: `membership_payment` is `Membership payment`.
pub(super) fn kind(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).map(|c| if matches!(c, '_' | '-') { ' ' } else { c }).collect()
}

/// What people call a channel.
pub(super) fn channel(name: &str) -> &'static str {
    match name {
        "email" => "Mail",
        "slack" => "Slack",
        "discord" => "Discord",
        "x" | "twitter" => "X",
        _ => "Another way",
    }
}

/// What people call the service or the officer that a message comes from.
fn sender(by: &str) -> String {
    by.strip_prefix("service:").unwrap_or(by).to_owned()
}

impl Log {
    fn new(frame: Frame, person: Arc<Person>, part: LogPart, found: Deliveries) -> Self {
        let older =
            found.next.map(|next| page(&LogPart { after: next.to_string(), ..part.clone() }));
        let rows = found.deliveries.into_iter().map(Row::from).collect();
        Self { frame, person, part, states: &STATES, rows, older }
    }

    /// The page that begins with the newest, when this one does not.
    fn newest(&self) -> Option<String> {
        let first = LogPart { after: String::new(), ..self.part.clone() };
        (!self.part.after.is_empty()).then(|| page(&first))
    }

    fn is_filtered(&self) -> bool {
        !self.part.state.is_empty() || !self.part.recipient.is_empty()
    }
}

/// The address of a part of the log.
fn page(part: &LogPart) -> String {
    let fields = [
        ("state", part.state.as_str()),
        ("recipient", part.recipient.as_str()),
        ("after", part.after.as_str()),
    ];
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(fields.into_iter().filter(|(_, value)| !value.is_empty()));
    match query.finish() {
        query if query.is_empty() => LOG.to_owned(),
        query => format!("{LOG}?{query}"),
    }
}

async fn show(
    OfficerVisitor(person): OfficerVisitor,
    frame: Frame,
    gateway: Gateway,
    Query(part): Query<LogPart>,
) -> Result<Page<Log>, PageError> {
    let found = gateway.call(notifications::log(&part.filter())).await?;
    Ok(Page(Log::new(frame, person, part, found)))
}

/// Where to go back to: a part of the log, or one message.
#[derive(Debug, Deserialize)]
struct Origin {
    #[serde(flatten)]
    part: LogPart,
    #[serde(default)]
    message: String,
}

impl Origin {
    fn page(&self) -> String {
        match self.message.parse::<u64>() {
            Ok(id) => format!("{LOG}/{id}"),
            Err(_) => page(&self.part),
        }
    }
}

async fn replay(
    _: OfficerVisitor,
    gateway: Gateway,
    flash: Flash,
    Path(id): Path<u64>,
    Protected(origin): Protected<Origin>,
) -> Result<Response, PageError> {
    if flash.unless_refused(gateway.call(notifications::replay(id)).await)?.is_some() {
        flash.success("It is tried again.");
    }
    Ok(see_other(&origin.page()))
}

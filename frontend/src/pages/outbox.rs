//! What one service has to tell another and could not yet, for officers: what waits, what did not go through
//! and why.

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    response::Response,
    routing::{get, post},
};
use futures_util::future::join_all;
use grove_http::extract::{Path, Query};
use grove_shared::{
    Client, Service,
    effects::{self, Effects, PendingEffect},
};
use http::StatusCode;
use serde::Deserialize;

use crate::{
    AppState,
    csrf::{NoFields, Protected},
    error::PageError,
    failed::{SERVICES, in_words},
    flash::Flash,
    gateway::Gateway,
    moment::Moment,
    person::Person,
    render::{Frame, Page, see_other},
    session::OfficerVisitor,
};

const PAGE: &str = "/intranet/outbox";
/// The effects that a service shows at once.
const MOST: usize = 100;

/// The pages on effects that have not arrived.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/intranet/outbox", get(show))
        .route("/intranet/outbox/{service}", get(show_service))
        .route("/intranet/outbox/{service}/{id}/replay", post(replay))
}

/// Every service's.
#[derive(Debug, Template)]
#[template(path = "outbox/index.html")]
struct Overview {
    frame: Frame,
    person: Arc<Person>,
    outboxes: Vec<Outbox>,
}

/// One service's.
#[derive(Debug, Template)]
#[template(path = "outbox/service.html")]
struct ServiceOutbox {
    frame: Frame,
    person: Arc<Person>,
    service: &'static str,
    contents: Contents,
    /// Whether there are effects before those shown.
    further: bool,
}

/// What a service has not delivered.
#[derive(Debug)]
struct Outbox {
    service: &'static str,
    /// Nothing when the service does not answer.
    contents: Option<Contents>,
}

/// The effects that a service told of.
#[derive(Debug, Default)]
struct Contents {
    waiting: i64,
    given_up: i64,
    effects: Vec<Row>,
    /// The page with those that follow.
    next: Option<String>,
}

/// An effect that has not arrived.
#[derive(Debug)]
struct Row {
    id: u64,
    /// What it is, for people.
    what: String,
    /// Whom it concerns.
    concerns: Option<String>,
    /// Where it goes: `directory/activedirectory/add`.
    target: String,
    /// What it sends.
    body: String,
    tries: u32,
    error: Option<String>,
    since: Moment,
    next_try: Moment,
    given_up: Option<Moment>,
}

impl From<PendingEffect> for Row {
    fn from(effect: PendingEffect) -> Self {
        Self {
            id: effect.id,
            what: in_words(&effect),
            concerns: effect.concerns.map(|person| person.to_string()),
            target: format!("{}{}", effect.peer, effect.path),
            body: serde_json::to_string_pretty(&effect.body).unwrap_or_default(),
            tries: effect.attempts,
            error: effect.last_error,
            since: Moment(effect.created_at),
            next_try: Moment(effect.next_attempt_at),
            given_up: effect.dead_at.map(Moment),
        }
    }
}

impl Contents {
    fn new(service: Service, effects: Effects) -> Self {
        let last = effects.effects.last().map(|effect| effect.id);
        let next = last.filter(|_| effects.effects.len() >= MOST);
        Self {
            waiting: effects.pending,
            given_up: effects.dead,
            effects: effects.effects.into_iter().map(Row::from).collect(),
            next: next.map(|id| format!("{PAGE}/{}?after={id}", service.name)),
        }
    }

    fn all(&self) -> Vec<&Row> {
        self.effects.iter().collect()
    }

    /// Those that were given up.
    fn dead(&self) -> Vec<&Row> {
        self.effects.iter().filter(|row| row.given_up.is_some()).collect()
    }

    /// Whether some that were given up are on further pages.
    fn has_further_dead(&self) -> bool {
        usize::try_from(self.given_up).is_ok_and(|all| all > self.dead().len())
    }
}

impl Outbox {
    /// Asks a service; one that does not answer is shown as such, and one that tells other committees is not
    /// shown.
    async fn load(service: Service, gateway: &Gateway) -> Option<Self> {
        let contents = match gateway.call(effects::list(service, None)).await {
            Ok(effects) => Some(Contents::new(service, effects)),
            Err(cause) if cause.status() == Some(StatusCode::FORBIDDEN) => return None,
            Err(cause) => {
                tracing::debug!(%cause, "no outbox of {}", service.name);
                None
            }
        };
        Some(Self { service: service.name, contents })
    }

    fn find(service: &str) -> Result<Service, PageError> {
        SERVICES.into_iter().find(|known| known.name == service).ok_or(PageError::NotFound)
    }
}

async fn show(
    OfficerVisitor(person): OfficerVisitor,
    frame: Frame,
    gateway: Gateway,
) -> Page<Overview> {
    let outboxes = join_all(SERVICES.map(|service| Outbox::load(service, &gateway))).await;
    Page(Overview { frame, person, outboxes: outboxes.into_iter().flatten().collect() })
}

/// Which effects are asked for.
#[derive(Debug, Default, Deserialize)]
struct Part {
    after: Option<u64>,
}

async fn show_service(
    OfficerVisitor(person): OfficerVisitor,
    frame: Frame,
    gateway: Gateway,
    Path(service): Path<String>,
    Query(Part { after }): Query<Part>,
) -> Result<Page<ServiceOutbox>, PageError> {
    let service = Outbox::find(&service)?;
    let contents = Contents::new(service, gateway.call(effects::list(service, after)).await?);
    Ok(Page(ServiceOutbox {
        frame,
        person,
        service: service.name,
        contents,
        further: after.is_some(),
    }))
}

async fn replay(
    _: OfficerVisitor,
    gateway: Gateway,
    flash: Flash,
    Path((service, id)): Path<(String, u64)>,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    let service = Outbox::find(&service)?;
    if flash.unless_refused(gateway.call(effects::replay(service, id)).await)?.is_some() {
        flash.success("It is tried again. When it went through, it is gone from this page.");
    }
    Ok(see_other(PAGE))
}

//! Everyone who joined, for officers: who paid, who waits.

pub(crate) mod removed;

use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use grove_http::extract::{Path, Query};
use grove_shared::Client;
use grove_users_api::{self as users, UserState};
use serde::Deserialize;

use crate::{
    csrf::Protected,
    error::PageError,
    flash::Flash,
    gateway::Gateway,
    moment::Moment,
    person::Person,
    render::{Frame, Page, see_other},
    session::BoardVisitor,
};

#[derive(Debug, Template)]
#[template(path = "users/index.html")]
pub(crate) struct Users {
    frame: Frame,
    person: Arc<Person>,
    /// The name of the state whose people are shown; empty for all.
    state: &'static str,
    total: usize,
    tallies: Vec<Tally>,
    rows: Vec<Row>,
}

/// How many people are in a state.
#[derive(Debug)]
struct Tally {
    state: &'static State,
    count: usize,
    /// Whether they are the people shown.
    chosen: bool,
}

/// What a state is called: in addresses, and by people.
#[derive(Debug)]
struct State {
    is: UserState,
    name: &'static str,
    label: &'static str,
    badge: &'static str,
}

const STATES: [State; 4] = [
    State { is: UserState::Unverified, name: "unverified", label: "Not verified", badge: "badge" },
    State {
        is: UserState::AwaitingPayment,
        name: "awaiting_payment",
        label: "To pay",
        badge: "badge badge-warn",
    },
    State { is: UserState::Member, name: "member", label: "Member", badge: "badge badge-good" },
    State { is: UserState::Expired, name: "expired", label: "Expired", badge: "badge badge-bad" },
];

/// One person.
#[derive(Debug)]
struct Row {
    netid: String,
    name: String,
    joined: Moment,
    state: &'static State,
    /// Whether they can be recorded as having paid, or deleted.
    open: bool,
}

impl State {
    fn of(state: UserState) -> &'static Self {
        match state {
            UserState::Unverified => &STATES[0],
            UserState::AwaitingPayment => &STATES[1],
            UserState::Member => &STATES[2],
            UserState::Expired => &STATES[3],
        }
    }
}

impl Row {
    fn new(user: users::User, visitor: &Person) -> Self {
        Self {
            open: !user.is_member && user.netid != visitor.netid,
            name: format!("{} {}", user.first_name, user.last_name).trim().to_owned(),
            joined: Moment(user.created_at),
            state: State::of(user.state),
            netid: user.netid,
        }
    }
}

/// Whose people to show, by the name of their state.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Filter {
    #[serde(default)]
    state: String,
}

impl Filter {
    fn state(&self) -> Option<&'static State> {
        STATES.iter().find(|state| state.name == self.state)
    }

    /// The page with these people.
    fn page(&self) -> String {
        let state = self.state().map(|state| format!("?state={}", state.name));
        format!("/intranet/users{}", state.unwrap_or_default())
    }
}

pub(crate) async fn show(
    BoardVisitor(person): BoardVisitor,
    frame: Frame,
    gateway: Gateway,
    Query(filter): Query<Filter>,
) -> Result<Page<Users>, PageError> {
    let users = gateway.call(users::list()).await?;
    let (total, chosen) = (users.len(), filter.state());
    let tally = |state: &'static State| Tally {
        count: users.iter().filter(|user| user.state == state.is).count(),
        chosen: chosen.is_some_and(|chosen| chosen.is == state.is),
        state,
    };
    let tallies = STATES.iter().map(tally).collect();
    let users = users.into_iter();
    let shown = users.filter(|user| chosen.is_none_or(|state| state.is == user.state));
    let rows = shown.map(|user| Row::new(user, &person)).collect();
    let state = chosen.map(|state| state.name).unwrap_or_default();
    Ok(Page(Users { frame, person, state, total, tallies, rows }))
}

pub(crate) async fn mark_paid(
    _: BoardVisitor,
    gateway: Gateway,
    flash: Flash,
    Path(netid): Path<String>,
    Protected(filter): Protected<Filter>,
) -> Result<Response, PageError> {
    if flash.unless_refused(gateway.call(users::mark_paid(&netid)).await)?.is_some() {
        flash.success(format!("{netid} paid and is a member. A mail tells them so."));
    }
    Ok(see_other(&filter.page()))
}

pub(crate) async fn delete(
    _: BoardVisitor,
    gateway: Gateway,
    flash: Flash,
    Path(netid): Path<String>,
    Protected(filter): Protected<Filter>,
) -> Result<Response, PageError> {
    if flash.unless_refused(gateway.call(users::delete(&netid)).await)?.is_some() {
        flash.success(format!("{netid} is deleted here, and is being removed from every service."));
    }
    Ok(see_other(&filter.page()))
}

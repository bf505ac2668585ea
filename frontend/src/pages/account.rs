//! The visitor's own record, password and sessions.

pub(crate) mod change_password;
pub(crate) mod data;
pub(crate) mod notifications;
pub(crate) mod sessions;
pub(crate) mod standing;

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use grove_auth_api as auth;
use grove_shared::Client;
use grove_users_api::{self as users, Profile, ProfileChange};
use serde::Deserialize;

use self::{sessions::SessionRow, standing::Standing};
use crate::{
    AppState,
    csrf::Protected,
    error::PageError,
    exchange::Exchange,
    flash::Flash,
    form::Form,
    gateway::Gateway,
    moment::{self, Moment},
    person::Person,
    render::{Frame, Page, see_other},
    session::SignedIn,
};

const PAGE: &str = "/account";

/// The account's page with its forms.
#[derive(Debug, Template)]
#[template(path = "account/index.html")]
struct Account {
    frame: Frame,
    person: Arc<Person>,
    standing: Standing,
    record: Option<Record>,
    /// Nothing when auth does not answer.
    sessions: Option<Vec<SessionRow>>,
    form: Form,
    /// Whether the dues can be paid by card here.
    card: bool,
}

/// What the chapter has on record about the visitor.
#[derive(Debug)]
struct Record {
    name: String,
    joined: Moment,
    published: bool,
    terms: Vec<Term>,
}

/// A term of membership, as days.
#[derive(Debug)]
struct Term {
    first: String,
    last: String,
}

impl From<&Profile> for Record {
    fn from(profile: &Profile) -> Self {
        let user = &profile.user;
        let terms = profile.memberships.iter().map(|term| Term {
            first: moment::day(term.starts_on),
            last: moment::day(term.ends_on),
        });
        Self {
            name: format!("{} {}", user.first_name, user.last_name).trim().to_owned(),
            joined: Moment(user.created_at),
            published: profile.published,
            terms: terms.collect(),
        }
    }
}

impl Account {
    async fn load(person: Arc<Person>, frame: Frame, gateway: &Gateway) -> Self {
        let standing = Standing::of(&person);
        let (sessions, card) =
            tokio::join!(gateway.call(auth::sessions()), standing.takes_cards(gateway));
        let sessions = match sessions {
            Ok(sessions) => Some(sessions.sessions.into_iter().map(SessionRow::from).collect()),
            Err(cause) => {
                tracing::debug!(%cause, "no sessions");
                None
            }
        };
        let record = person.profile.as_ref().map(Record::from);
        let form = frame.restored(change_password::form());
        Self { frame, person, standing, record, sessions, form, card }
    }

    fn has_other_sessions(&self) -> bool {
        self.sessions.iter().flatten().any(|session| !session.current)
    }
}

pub(crate) async fn show(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
) -> impl IntoResponse {
    Page(Account::load(person, frame, &gateway).await)
}

/// Whether every member may see the visitor's name.
#[derive(Debug, Deserialize)]
pub(crate) struct Publication {
    published: bool,
}

pub(crate) async fn publish(
    _: SignedIn,
    State(state): State<AppState>,
    exchange: Exchange,
    gateway: Gateway,
    flash: Flash,
    Protected(Publication { published }): Protected<Publication>,
) -> Result<Response, PageError> {
    let change = ProfileChange { published };
    if flash.unless_refused(gateway.call(users::update_me(&change)).await)?.is_some() {
        let shown = "Your name is shown to members.";
        flash.success(if published { shown } else { "Your name is no longer shown to members." });
    }
    if let Some(session) = exchange.session() {
        state.people.forget(&session);
    }
    Ok(see_other(PAGE))
}

//! Signing in and out.

use std::time::Duration;

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use grove_http::extract::Query;
use grove_shared::{Call, CallError, Client, envelope::Message};
use grove_users_api as users;
use http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::{
    AppState,
    csrf::{NoFields, Protected},
    error::PageError,
    exchange::{Exchange, FORM},
    flash::Flash,
    form::{Field, Form, Kind},
    gateway::Gateway,
    links::{local_path, login_url},
    render::{Frame, Page, see_other},
    session::Visitor,
    typed::Typed,
};

const PAGE: &str = "/login";
/// Where people go who did not want to go anywhere else.
pub(super) const HOME: &str = "/intranet";

#[derive(Debug, Template)]
#[template(path = "login.html")]
struct Login {
    frame: Frame,
    form: Form,
}

/// Where the visitor wanted to go.
#[derive(Debug, Deserialize)]
pub(crate) struct Destination {
    #[serde(default)]
    next: String,
}

fn form() -> Form {
    let netid = Field::new(Kind::Text, "netid", "NetID")
        .required("Enter your NetID.")
        .most(100)
        .autocomplete("username")
        .focus();
    let password = Field::new(Kind::Password, "password", "Password")
        .required("Enter your password.")
        .autocomplete("current-password");
    Form::new(PAGE, vec![netid, password, Field::new(Kind::Hidden, "next", "")])
}

/// The page, which leads to `next` afterwards.
fn page(next: &str) -> String {
    login_url(if next.is_empty() { "/" } else { next })
}

/// A login name as people type it: of a mail address, what is before the `@`.
pub(super) fn login_name(text: &str) -> String {
    text.trim().split('@').next().unwrap_or_default().to_lowercase()
}

pub(crate) async fn show(
    Visitor(person): Visitor,
    frame: Frame,
    Query(Destination { next }): Query<Destination>,
) -> Response {
    let next = local_path(&next).unwrap_or_default();
    if person.is_some() {
        return see_other(if next.is_empty() { HOME } else { next });
    }
    let form = frame.restored(form()).with("next", next);
    Page(Login { frame, form }).into_response()
}

pub(crate) async fn submit(
    exchange: Exchange,
    gateway: Gateway,
    State(state): State<AppState>,
    Protected(typed): Protected<Typed>,
) -> Result<Response, PageError> {
    let mut form = form().filled(&typed);
    let next = local_path(typed.get("next")).unwrap_or_default();
    if form.check()? {
        let login = users::Login {
            netid: Some(login_name(form.value("netid"))),
            password: Some(form.text("password").to_owned()),
        };
        match gateway.call(users::login(&login)).await {
            Ok(signed_in) => {
                begin_session(&exchange, &gateway, &state, signed_in.token).await;
                return Ok(see_other(if next.is_empty() { HOME } else { next }));
            }
            Err(CallError::Refused { status, retry_after: Some(wait), .. })
                if status == StatusCode::TOO_MANY_REQUESTS =>
            {
                form.error = Some(too_many_tries(wait));
            }
            Err(CallError::Refused { status: StatusCode::BAD_REQUEST, message, .. }) => {
                form.error = Some(message);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Frame::of(&exchange, &state).await.again(&page(next), &form)
}

/// Signs the visitor in by a session that has just begun, and ends the one before.
pub(super) async fn begin_session(
    exchange: &Exchange,
    gateway: &Gateway,
    state: &AppState,
    token: String,
) {
    if let Some(old) = exchange.session() {
        state.people.forget(&old);
        // Best effort: it would expire by itself.
        let _ = gateway.call(ending(&old)).await;
    }
    exchange.begin_session(&token.into());
}

/// The end of a session.
fn ending(session: &SecretString) -> Call<Message> {
    users::logout(&users::Logout { token: Some(session.expose_secret().to_owned()) })
}

fn too_many_tries(wait: Duration) -> String {
    let minutes = wait.as_secs().div_ceil(60).max(1);
    let unit = if minutes == 1 { "minute" } else { "minutes" };
    format!("Too many tries. Please wait {minutes} {unit}, then try again.")
}

#[derive(Debug, Template)]
#[template(path = "logout.html")]
struct Leave {
    frame: Frame,
}

/// The old website's link: following it changes nothing, so it asks.
pub(crate) async fn leave(Visitor(person): Visitor, frame: Frame) -> Response {
    match person {
        Some(_) => Page(Leave { frame }).into_response(),
        None => see_other("/"),
    }
}

pub(crate) async fn logout(
    exchange: Exchange,
    gateway: Gateway,
    flash: Flash,
    State(state): State<AppState>,
    Protected(NoFields {}): Protected<NoFields>,
) -> Result<Response, PageError> {
    let Some(session) = exchange.session() else { return Ok(see_other("/")) };
    state.people.forget(&session);
    exchange.forget_session();
    exchange.remove_cookie(FORM);
    match gateway.call(ending(&session)).await {
        // A session that the gateway does not know has ended already.
        Ok(_) | Err(CallError::Refused { .. }) => flash.success("You are signed out."),
        Err(cause) => {
            tracing::warn!(%cause, "a session is forgotten here that may not have ended");
            flash.error(
                "You are signed out in this browser. A part of the website does not answer right \
                 now, so the session ends by itself later.",
            );
        }
    }
    Ok(see_other("/"))
}

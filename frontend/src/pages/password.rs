//! Setting a password by a one-time link, for the first time or after it was forgotten.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use grove_auth_api::{self as auth, ForgottenPassword, PasswordByLink};
use grove_http::extract::Query;
use grove_shared::{CallError, Client};
use grove_users_api as users;
use http::StatusCode;
use serde::Deserialize;

use super::login::{HOME, begin_session, login_name};
use crate::{
    AppState,
    csrf::Protected,
    error::PageError,
    exchange::Exchange,
    flash::Flash,
    form::{Field, Form, Kind},
    gateway::Gateway,
    render::{Frame, Page, see_other},
    session::Visitor,
    typed::Typed,
};

const FORGOT: &str = "/account/forgot";
const PAGE: &str = "/account/password";
/// The fewest characters of a password.
pub(super) const FEWEST: usize = 15;

#[derive(Debug, Template)]
#[template(path = "account/forgot.html")]
pub(crate) struct Forgot {
    frame: Frame,
    form: Form,
    sent: bool,
}

/// Whether a link was asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct Sent {
    sent: Option<String>,
}

fn forgot_form() -> Form {
    let netid = Field::new(Kind::Text, "netid", "NetID")
        .required("Enter your NetID, or your university mail address.")
        .most(100)
        .autocomplete("username")
        .focus();
    Form::new(FORGOT, vec![netid])
}

pub(crate) async fn forgot(frame: Frame, Query(query): Query<Sent>) -> Page<Forgot> {
    let form = frame.restored(forgot_form());
    Page(Forgot { frame, form, sent: query.sent.is_some() })
}

/// Asks for a link. The answer is the same for everyone, so that it tells nobody who has an account.
pub(crate) async fn send_link(
    frame: Frame,
    gateway: Gateway,
    Protected(typed): Protected<Typed>,
) -> Result<Response, PageError> {
    let mut form = forgot_form().filled(&typed);
    if !form.check()? {
        return frame.again(FORGOT, &form);
    }
    let forgotten = ForgottenPassword { netid: login_name(form.value("netid")) };
    match gateway.call(auth::forgot_password(&forgotten)).await {
        Ok(_) | Err(CallError::Refused { status: StatusCode::BAD_REQUEST, .. }) => {
            Ok(see_other("/account/forgot?sent"))
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Debug, Template)]
#[template(path = "account/password.html")]
struct SetPassword {
    frame: Frame,
    form: Form,
}

/// The token of a one-time link.
#[derive(Debug, Deserialize)]
pub(crate) struct Link {
    #[serde(default)]
    token: String,
}

/// Two fields for a new password.
pub(super) fn new_password(label: &'static str, again: &'static str) -> [Field; 2] {
    let password = Field::new(Kind::Password, "password", label)
        .required("Choose a new password.")
        .fewest(FEWEST)
        .autocomplete("new-password")
        .hint("At least 15 characters. Four or five words that you can remember make a good one.");
    let repeated = Field::new(Kind::Password, "repeated", again)
        .required("Enter the new password a second time.")
        .autocomplete("new-password");
    [password, repeated]
}

/// Tells when the two are not the same.
pub(super) fn check_repeated(form: &mut Form) {
    if !form.text("repeated").is_empty() && form.text("password") != form.text("repeated") {
        form.wrong("repeated", "The two new passwords differ.");
    }
}

fn form() -> Form {
    let netid = Field::new(Kind::Text, "netid", "NetID").autocomplete("username").fixed();
    let [password, repeated] = new_password("New password", "The same again");
    let token = Field::new(Kind::Hidden, "token", "");
    Form::new(PAGE, vec![token, netid, password.focus(), repeated])
}

/// The page of a link.
fn page(token: &str) -> String {
    let token: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
    format!("{PAGE}?token={token}")
}

pub(crate) async fn show(
    visitor: Visitor,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Query(Link { token }): Query<Link>,
) -> Result<Response, PageError> {
    if token.is_empty() {
        return Ok(see_other(FORGOT));
    }
    match gateway.call(auth::check_link(&token)).await {
        Ok(account) => {
            let form = frame.restored(form());
            let form = form.with("token", token).with("netid", account.netid.as_str());
            Ok(Page(SetPassword { frame, form }).into_response())
        }
        Err(error) if error.is_not_found() => Ok(leave(visitor, &flash)),
        Err(error) => Err(error.into()),
    }
}

/// Leads on from a link that is of no use any more, often because it has done its work.
fn leave(Visitor(person): Visitor, flash: &Flash) -> Response {
    if let Some(person) = person {
        let netid = &person.netid;
        flash.error(format!(
            "This link has expired or was used. You are signed in as {netid} all the same."
        ));
        return see_other(HOME);
    }
    flash.error(
        "This link has expired or was used. If you have set a password with it, log in. If not, ask \
         for a new link here.",
    );
    see_other(FORGOT)
}

pub(crate) async fn submit(
    visitor: Visitor,
    frame: Frame,
    exchange: Exchange,
    gateway: Gateway,
    flash: Flash,
    State(state): State<AppState>,
    Protected(typed): Protected<Typed>,
) -> Result<Response, PageError> {
    let mut form = form().filled(&typed);
    check_repeated(&mut form);
    if form.check()? {
        match set_password(&gateway, &form).await {
            Ok(session) => {
                begin_session(&exchange, &gateway, &state, session).await;
                flash.success("Your password is set, and you are signed in.");
                return Ok(see_other(HOME));
            }
            Err(error) if error.is_not_found() => return Ok(leave(visitor, &flash)),
            Err(error) => form.refuse(error)?,
        }
    }
    frame.again(&page(form.text("token")), &form)
}

/// Sets the password of a form; returns the token of the session that begins with it.
async fn set_password(gateway: &Gateway, form: &Form) -> Result<String, CallError> {
    let (token, password) = (form.text("token").to_owned(), form.text("password").to_owned());
    let chosen = PasswordByLink { token, password };
    match gateway.call(auth::set_password_by_link(&chosen)).await {
        Ok(session) => Ok(session.token),
        Err(error) if may_be_set(&error) => {
            let netid = Some(form.value("netid").to_owned());
            let login = users::Login { netid, password: Some(chosen.password) };
            let signed_in = gateway.call(users::login(&login)).await;
            signed_in.map(|signed_in| signed_in.token).map_err(|_| error)
        }
        Err(error) => Err(error),
    }
}

/// Whether the password may be set all the same: the answer was lost, to this form or to the same one sent
/// before, which used the link up. If so, one can sign in with it.
fn may_be_set(error: &CallError) -> bool {
    error.is_not_found() || matches!(error, CallError::Unavailable { .. })
}

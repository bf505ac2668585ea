//! Setting a password by a one-time link, for the first time or after it was forgotten.

use askama::Template;
use axum::response::{IntoResponse, Response};
use grove_auth_api::{self as auth, ForgottenPassword, PasswordByLink};
use grove_http::extract::Query;
use grove_shared::{CallError, Client};
use http::StatusCode;
use serde::Deserialize;

use super::login::login_name;
use crate::{
    csrf::Protected,
    error::PageError,
    flash::Flash,
    form::{Field, Form, Kind},
    gateway::Gateway,
    render::{Frame, Page, see_other},
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

fn form(token: &str) -> Form {
    let [password, repeated] = new_password("New password", "The same again");
    let token_field = Field::new(Kind::Hidden, "token", "");
    Form::new(PAGE, vec![token_field, password.focus(), repeated]).with("token", token)
}

/// The page of a link.
fn page(token: &str) -> String {
    let token: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
    format!("{PAGE}?token={token}")
}

pub(crate) async fn show(
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Query(Link { token }): Query<Link>,
) -> Response {
    if token.is_empty() {
        return see_other(FORGOT);
    }
    if is_used(&gateway, &token).await {
        return see_forgot(&flash);
    }
    let form = frame.restored(form(&token)).with("token", token);
    Page(SetPassword { frame, form }).into_response()
}

/// Whether a link is of no use any more, before anyone types anything: no password is one that is never
/// taken, so asking with it tells of the link and changes nothing.
async fn is_used(gateway: &Gateway, token: &str) -> bool {
    let nothing = PasswordByLink { password: String::new() };
    let answer = gateway.call(auth::set_password_by_link(token, &nothing)).await;
    answer.is_err_and(|error| error.is_not_found())
}

fn see_forgot(flash: &Flash) -> Response {
    flash.error("This link has expired or was used. Ask for a new one here.");
    see_other(FORGOT)
}

pub(crate) async fn submit(
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Protected(typed): Protected<Typed>,
) -> Result<Response, PageError> {
    let token = typed.get("token");
    let mut form = form(token).filled(&typed);
    check_repeated(&mut form);
    if form.check()? {
        let password = PasswordByLink { password: form.text("password").to_owned() };
        match gateway.call(auth::set_password_by_link(token, &password)).await {
            Ok(_) => {
                flash.success("Your password is set. Sign in with it.");
                return Ok(see_other("/login"));
            }
            Err(error) if error.is_not_found() => return Ok(see_forgot(&flash)),
            Err(error) => form.refuse(error)?,
        }
    }
    frame.again(&page(token), &form)
}

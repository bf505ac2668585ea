//! Setting a password by a one-time link, for the first time or after it was forgotten.

use askama::Template;
use axum::response::{IntoResponse, Response};
use grove_shared::{api::accounts::PasswordByLink, extract::Query};
use http::StatusCode;
use serde::Deserialize;

use crate::{
    csrf::Protected,
    error::PageError,
    flash::Flash,
    gateway::{Gateway, GatewayError},
    render::{Frame, Page, see_other},
};

#[derive(Debug, Template)]
#[template(path = "account/forgot.html")]
pub(crate) struct Forgot {
    frame: Frame,
    sent: bool,
}

/// Whether a link was asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct Sent {
    sent: Option<String>,
}

/// Who forgot their password.
#[derive(Debug, Deserialize)]
pub(crate) struct Owner {
    netid: String,
}

pub(crate) async fn forgot(frame: Frame, Query(query): Query<Sent>) -> Page<Forgot> {
    Page(Forgot { frame, sent: query.sent.is_some() })
}

/// Asks for a link. The answer is the same for everyone, so that it tells nobody who has an account.
pub(crate) async fn send_link(
    gateway: Gateway,
    Protected(Owner { netid }): Protected<Owner>,
) -> Result<Response, PageError> {
    match gateway.forgot_password(&netid.trim().to_lowercase()).await {
        Ok(_) | Err(GatewayError::Refused { status: StatusCode::BAD_REQUEST, .. }) => {
            Ok(see_other("/account/forgot?sent"))
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Debug, Template)]
#[template(path = "account/password.html")]
struct SetPassword {
    frame: Frame,
    token: String,
    error: Option<String>,
}

/// The token of a one-time link.
#[derive(Debug, Deserialize)]
pub(crate) struct Link {
    #[serde(default)]
    token: String,
}

/// A password, typed twice.
#[derive(Debug, Deserialize)]
pub(crate) struct NewPassword {
    token: String,
    password: String,
    repeated: String,
}

pub(crate) async fn show(frame: Frame, Query(Link { token }): Query<Link>) -> Response {
    if token.is_empty() {
        return see_other("/account/forgot");
    }
    Page(SetPassword { frame, token, error: None }).into_response()
}

pub(crate) async fn submit(
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Protected(form): Protected<NewPassword>,
) -> Result<Response, PageError> {
    let again = |message: String| {
        let error = Some(message);
        let page = Page(SetPassword { frame, token: form.token.clone(), error });
        (StatusCode::BAD_REQUEST, page).into_response()
    };
    if form.password != form.repeated {
        return Ok(again("The two passwords differ.".to_owned()));
    }
    let password = PasswordByLink { password: form.password.clone() };
    match gateway.set_password(&form.token, &password).await {
        Ok(_) => {
            flash.success("Your password is set. Sign in with it.");
            Ok(see_other("/login"))
        }
        Err(GatewayError::Refused { status: StatusCode::BAD_REQUEST, message, .. }) => {
            Ok(again(message))
        }
        Err(GatewayError::Refused { status: StatusCode::NOT_FOUND, .. }) => {
            flash.error("This link has expired or was used. Ask for a new one here.");
            Ok(see_other("/account/forgot"))
        }
        Err(error) => Err(error.into()),
    }
}

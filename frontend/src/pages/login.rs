//! Signing in and out.

use std::time::Duration;

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use grove_shared::extract::Query;
use http::{StatusCode, header};
use serde::Deserialize;

use crate::{
    AppState,
    csrf::{NoFields, Protected},
    error::PageError,
    exchange::Exchange,
    flash::Flash,
    gateway::{Gateway, GatewayError},
    render::{Frame, Page, see_other},
    session::{Visitor, local_path},
};

/// Where people go who did not want to go anywhere else.
const HOME: &str = "/intranet";

#[derive(Debug, Template)]
#[template(path = "login.html")]
struct Login {
    frame: Frame,
    netid: String,
    next: String,
    error: Option<String>,
}

/// Where the visitor wanted to go.
#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    #[serde(default)]
    next: String,
}

/// What a visitor types.
#[derive(Debug, Deserialize)]
pub(crate) struct Credentials {
    netid: String,
    password: String,
    #[serde(default)]
    next: String,
}

pub(crate) async fn show(
    Visitor(person): Visitor,
    frame: Frame,
    Query(wish): Query<Wish>,
) -> Response {
    let next = local_path(&wish.next).unwrap_or_default();
    if person.is_some() {
        return see_other(if next.is_empty() { HOME } else { next });
    }
    let next = next.to_owned();
    Page(Login { frame, netid: String::new(), next, error: None }).into_response()
}

pub(crate) async fn submit(
    exchange: Exchange,
    gateway: Gateway,
    State(state): State<AppState>,
    Protected(form): Protected<Credentials>,
) -> Result<Response, PageError> {
    let next = local_path(&form.next).unwrap_or_default();
    match gateway.login(form.netid.trim(), &form.password).await {
        Ok(signed_in) => {
            if let Some(old) = exchange.session() {
                state.people.forget(&old);
                // Best effort: it would expire by itself.
                let _ = gateway.logout().await;
            }
            exchange.begin_session(&signed_in.token.into());
            Ok(see_other(if next.is_empty() { HOME } else { next }))
        }
        Err(GatewayError::Refused { status, message, retry_after })
            if matches!(status, StatusCode::BAD_REQUEST | StatusCode::TOO_MANY_REQUESTS) =>
        {
            let wait = retry_after.filter(|_| status == StatusCode::TOO_MANY_REQUESTS);
            let error = Some(wait.map_or(message, too_many_tries));
            let (netid, next) = (form.netid.clone(), next.to_owned());
            let frame = Frame::of(&exchange, &state).await;
            let page = Page(Login { frame, netid, next, error });
            let wait = wait.map(|wait| [(header::RETRY_AFTER, wait.as_secs().to_string())]);
            Ok(match wait {
                Some(wait) => (status, wait, page).into_response(),
                None => (status, page).into_response(),
            })
        }
        Err(error) => Err(error.into()),
    }
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
    match gateway.logout().await {
        // A session that the gateway does not know has ended already.
        Ok(()) | Err(GatewayError::Refused { .. }) => {
            exchange.forget_session();
            flash.success("You are signed out.");
            Ok(see_other("/"))
        }
        Err(error) => Err(error.into()),
    }
}

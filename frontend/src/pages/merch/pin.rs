//! The PIN with which the visitor buys at the machine itself.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use grove_shared::api::merch::NewPin;
use http::StatusCode;

use crate::{
    csrf::{NoFields, Protected},
    error::PageError,
    gateway::{Gateway, GatewayError, Refusal},
    render::{Frame, Page},
    session::{Person, SignedIn},
};

#[derive(Debug, Template)]
#[template(path = "merch/pin.html")]
struct PinPage {
    frame: Frame,
    person: Arc<Person>,
    has_pin: bool,
    /// Whether the visitor is someone who may have one.
    may: bool,
    /// The new PIN, in the only page that shows it.
    pin: Option<String>,
    error: Option<String>,
}

pub(crate) async fn show(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
) -> Result<Response, PageError> {
    let has_pin = gateway.customer(&person.netid).await.map(|customer| customer.has_pin);
    let (has_pin, may) = match has_pin {
        Ok(has_pin) => (has_pin, true),
        // The machine knows members only.
        Err(GatewayError::Refused { status: StatusCode::NOT_FOUND, .. }) => (false, false),
        Err(error) => return Err(error.into()),
    };
    Ok(Page(PinPage { frame, person, has_pin, may, pin: None, error: None }).into_response())
}

/// Answers with the page itself and not with a redirect: the PIN is kept nowhere, so no other
/// page could show it.
pub(crate) async fn make(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    match gateway.make_pin(&person.netid).await {
        Ok(NewPin { pin, .. }) => {
            let page =
                PinPage { frame, person, has_pin: true, may: true, pin: Some(pin), error: None };
            Ok(Page(page).into_response())
        }
        Err(error) => {
            let Refusal { status, message } = error.refusal_or_absence()?;
            let error = Some(message);
            let page = PinPage { frame, person, has_pin: false, may: true, pin: None, error };
            Ok((status, Page(page)).into_response())
        }
    }
}

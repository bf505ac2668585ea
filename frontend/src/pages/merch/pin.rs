//! The PIN with which the visitor buys at the machine itself.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use grove_shared::api::merch::NewPin;

use crate::{
    csrf::{NoFields, Protected},
    error::PageError,
    gateway::{Gateway, Refusal},
    render::{Frame, Page},
    session::{Person, SignedIn},
};

#[derive(Debug, Template)]
#[template(path = "merch/pin.html")]
struct PinPage {
    frame: Frame,
    person: Arc<Person>,
    has_pin: bool,
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
    let (has_pin, error) = match has_pin {
        Ok(has_pin) => (has_pin, None),
        Err(error) => (false, Some(error.refusal_or_absence()?.message)),
    };
    Ok(Page(PinPage { frame, person, has_pin, pin: None, error }).into_response())
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
            let page = PinPage { frame, person, has_pin: true, pin: Some(pin), error: None };
            Ok(Page(page).into_response())
        }
        Err(error) => {
            let Refusal { status, message } = error.refusal_or_absence()?;
            let error = Some(message);
            let page = PinPage { frame, person, has_pin: false, pin: None, error };
            Ok((status, Page(page)).into_response())
        }
    }
}

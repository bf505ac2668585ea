//! The PIN with which the visitor buys at the machine itself.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use grove_merch_api::{self as merch, NewPin};
use grove_shared::{CallError, Client};
use http::StatusCode;

use crate::{
    csrf::{NoFields, Protected},
    error::PageError,
    flash::Flash,
    gateway::Gateway,
    person::Person,
    render::{Frame, Page, see_other},
    session::{MemberVisitor, SignedIn},
};

const PAGE: &str = "/intranet/merch/pin";

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
}

pub(crate) async fn show(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
) -> Result<Response, PageError> {
    let has_pin =
        gateway.call(merch::customer(&person.netid)).await.map(|customer| customer.has_pin);
    let (has_pin, may) = match has_pin {
        Ok(has_pin) => (has_pin, true),
        // The machine knows members only.
        Err(CallError::Refused { status: StatusCode::NOT_FOUND, .. }) => (false, false),
        Err(error) => return Err(error.into()),
    };
    // It was left to this page alone, and is shown once.
    let left = frame.take_left(PAGE);
    let pin = left.and_then(|left| left.value("pin").map(str::to_owned));
    Ok(Page(PinPage { frame, person, has_pin, may, pin }).into_response())
}

/// The PIN is kept nowhere but in the browser, sealed, until the next page shows it.
pub(crate) async fn make(
    MemberVisitor(person): MemberVisitor,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    match flash.unless_refused(gateway.call(merch::make_pin(&person.netid)).await)? {
        Some(NewPin { pin, .. }) => Ok(frame.leave(PAGE, &[("pin", &pin)])),
        None => Ok(see_other(PAGE)),
    }
}

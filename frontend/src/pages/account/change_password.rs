//! Changing the password by the one before.

use axum::response::{IntoResponse, Response};
use grove_shared::api::accounts::PasswordChange;
use http::StatusCode;
use serde::Deserialize;

use super::{Account, PAGE};
use crate::{
    csrf::Protected,
    error::PageError,
    flash::Flash,
    gateway::{Gateway, Refusal},
    render::{Frame, Page, see_other},
    session::SignedIn,
};

/// The password until now, and twice the one from now on.
#[derive(Debug, Deserialize)]
pub(crate) struct Passwords {
    current: String,
    password: String,
    repeated: String,
}

pub(crate) async fn submit(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Protected(form): Protected<Passwords>,
) -> Result<Response, PageError> {
    let refused = if form.password == form.repeated {
        let change = PasswordChange { current: form.current, new: form.password };
        match gateway.change_password(&change).await {
            Ok(message) => {
                flash.success(message);
                return Ok(see_other(PAGE));
            }
            Err(error) => error.refusal()?,
        }
    } else {
        let message = "The two new passwords differ.".to_owned();
        Refusal { status: StatusCode::BAD_REQUEST, message }
    };
    let page = Account::load(person, frame, &gateway, Some(refused.message)).await;
    Ok((refused.status, Page(page)).into_response())
}

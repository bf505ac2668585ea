//! Changing the password by the one before.

use axum::response::Response;
use grove_auth_api::{self as auth, PasswordChange};
use grove_shared::Client;

use crate::{
    csrf::Protected,
    error::PageError,
    flash::Flash,
    form::{Field, Form, Kind},
    gateway::Gateway,
    pages::password::{check_repeated, new_password},
    render::{Frame, see_other},
    session::SignedIn,
    typed::Typed,
};

/// The page with the form.
const PAGE: &str = "/account";

/// The form on the page of the account.
pub(super) fn form() -> Form {
    let current = Field::new(Kind::Password, "current", "Current password")
        .required("Enter your current password.")
        .autocomplete("current-password");
    let [password, repeated] = new_password("New password", "The new one again");
    Form::new("/account/password/change", vec![current, password, repeated])
}

pub(crate) async fn submit(
    _: SignedIn,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Protected(typed): Protected<Typed>,
) -> Result<Response, PageError> {
    let mut form = form().filled(&typed);
    check_repeated(&mut form);
    if form.check()? {
        let (current, new) = (form.text("current").to_owned(), form.text("password").to_owned());
        match gateway.call(auth::change_password(&PasswordChange { current, new })).await {
            Ok(done) => {
                flash.success(done.message);
                return Ok(see_other(PAGE));
            }
            Err(error) => form.refuse(error)?,
        }
    }
    frame.again(&format!("{PAGE}#password-title"), &form)
}

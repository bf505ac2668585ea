//! Every page: one file a noun, and here the list of their addresses.

mod about;
mod home;
mod join;
mod login;
mod moved;
mod password;
mod sigs;

use axum::{
    Router,
    routing::{any, get},
};

use crate::{AppState, error::PageError, session::Visitor};

/// Every page.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .merge(public())
        .merge(moved::routes())
        // Behind everything else, so that the page that is not found knows its visitor.
        .route("/{*path}", any(not_found))
}

/// Pages for everybody.
fn public() -> Router<AppState> {
    Router::new()
        .route("/", get(home::show))
        .route("/about", get(about::show))
        .route("/about/history", get(about::history))
        .route("/sigs", get(sigs::show))
        .route("/join", get(join::show).post(join::submit))
        .route("/join/next", get(join::next))
        .route("/login", get(login::show).post(login::submit))
        .route("/logout", get(login::leave).post(login::logout))
        .route("/account/forgot", get(password::forgot).post(password::send_link))
        .route("/account/password", get(password::show).post(password::submit))
}

async fn not_found(_: Visitor) -> PageError {
    PageError::NotFound
}

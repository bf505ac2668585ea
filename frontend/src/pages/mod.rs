//! Every page: one file a noun, and here the list of their addresses.

mod about;
mod account;
mod changes;
mod credits;
mod directory;
mod gigs;
mod groups;
mod home;
mod intranet;
mod join;
mod login;
mod merch;
mod moved;
mod notifications;
mod outbox;
mod password;
mod quotes;
mod sigs;
mod status;
mod unsubscribe;
mod users;

use axum::{
    Router,
    routing::{any, get, post},
};

use crate::{AppState, error::PageError, session::Visitor};

/// Every page.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .merge(public())
        .merge(intranet())
        .merge(own_account())
        .merge(changes::routes())
        .merge(credits::routes())
        .merge(gigs::routes())
        .merge(merch::routes())
        .merge(notifications::routes())
        .merge(outbox::routes())
        .merge(directory::routes())
        .merge(status::routes())
        .merge(unsubscribe::routes())
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

/// Pages for people who are signed in, and within them those for officers.
fn intranet() -> Router<AppState> {
    Router::new()
        .route("/intranet", get(intranet::show))
        .route("/intranet/quotes", get(quotes::show))
        .route("/intranet/quotes/new", get(quotes::show_form).post(quotes::create))
        .route("/intranet/quotes/{id}/vote", post(quotes::vote))
        .route("/intranet/quotes/{id}/unvote", post(quotes::unvote))
        .route("/intranet/quotes/{id}/approve", post(quotes::approve))
        .route("/intranet/quotes/{id}/delete", post(quotes::delete))
        .route("/intranet/quotes/{id}/takedown", post(quotes::take_down))
        .route("/intranet/users", get(users::show))
        .route("/intranet/users/removed", get(users::removed::show))
        .route("/intranet/users/{netid}/paid", post(users::mark_paid))
        .route("/intranet/users/{netid}/delete", post(users::delete))
        .route("/intranet/groups", get(groups::show))
        .route("/intranet/groups/new", get(groups::show_form).post(groups::create))
        .route("/intranet/groups/{kind}/{name}", get(groups::group::show))
        .route("/intranet/groups/{kind}/{name}/edit", post(groups::group::edit))
        .route("/intranet/groups/{kind}/{name}/end", post(groups::group::end))
        .route("/intranet/groups/{kind}/{name}/people", post(groups::places::add))
        .route("/intranet/groups/{kind}/{name}/people/{id}/end", post(groups::places::end))
}

/// The visitor's own account.
fn own_account() -> Router<AppState> {
    Router::new()
        .route("/account", get(account::show))
        .route("/account/profile", post(account::publish))
        .route("/account/data", get(account::data::download))
        .route(
            "/account/notifications",
            get(account::notifications::show).post(account::notifications::save),
        )
        .route("/account/password/change", post(account::change_password::submit))
        .route("/account/sessions/end-others", post(account::sessions::end_others))
        .route("/account/sessions/{id}/end", post(account::sessions::end))
}

async fn not_found(_: Visitor) -> PageError {
    PageError::NotFound
}

//! Forms that came without a session, or with a token that is not valid: what was typed is not lost.
//!
//! The visitor gets the form again as it was, after signing in if need be: [`Kept`] holds what was typed
//! meanwhile. What is too long for that comes back in a page with one button.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;

use crate::{
    AppState,
    error::{EXPIRED, Lost},
    exchange::Exchange,
    flash::Flash,
    form::Kept,
    links::login_url,
    render::{Frame, Page},
    typed::Typed,
};

const SIGNED_OUT: &str = "You were signed out meanwhile. Log in, and find what you typed.";
const SIGN_IN_FIRST: &str = "You were signed out meanwhile. Log in, come back to this page, and send \
    it again.";

/// A page that holds what was typed.
#[derive(Debug, Template)]
#[template(path = "resend.html")]
struct Resend {
    frame: Frame,
    sentence: &'static str,
    /// Whether the visitor has to sign in first.
    signed_out: bool,
    action: String,
    typed: Arc<Typed>,
}

/// The answer to a request that came without a session or a valid token.
pub(crate) fn resume(lost: Lost, exchange: &Exchange, state: &AppState) -> Response {
    if lost == Lost::Session {
        if let Some(session) = exchange.session() {
            state.people.forget(&session);
        }
        exchange.forget_session();
        if exchange.reads() {
            return Redirect::to(&login_url(exchange.target())).into_response();
        }
    }
    let empty = Typed::default();
    let typed = exchange.typed().unwrap_or(&empty);
    let kept = Kept::of_typed(exchange.path(), typed);
    match exchange.origin() {
        Some(page) if kept.is_empty() || kept.keep(exchange, &state.seal) => {
            let page = if kept.is_empty() { page.to_owned() } else { Kept::page(page) };
            let flash = Flash::new(exchange);
            match lost {
                Lost::Session => {
                    flash.error(SIGNED_OUT);
                    Redirect::to(&login_url(&page)).into_response()
                }
                Lost::Token => {
                    flash.error(told(exchange));
                    Redirect::to(&page).into_response()
                }
            }
        }
        _ if lost == Lost::Session && kept.is_empty() => Redirect::to("/login").into_response(),
        _ => {
            let page = Resend {
                frame: Frame::of_failure(exchange, state),
                sentence: if lost == Lost::Session { SIGN_IN_FIRST } else { EXPIRED },
                signed_out: lost == Lost::Session,
                action: exchange.path().to_owned(),
                typed: Arc::new(typed.without_secrets()),
            };
            (StatusCode::FORBIDDEN, Page(page)).into_response()
        }
    }
}

/// Why the token is not valid, as far as that is known.
fn told(exchange: &Exchange) -> String {
    let person = exchange.visitor().get().and_then(|known| known.clone().ok().flatten());
    match person {
        Some(person) => format!("You are signed in as {} now. {EXPIRED}", person.netid),
        None => EXPIRED.to_owned(),
    }
}

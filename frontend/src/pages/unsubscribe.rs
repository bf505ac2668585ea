//! Switching off a kind of mail by the link in it, without signing in.
//!
//! Whoever has the mail has its token, which entitles to this and nothing else. Mail providers send
//! the form on behalf of their users (RFC 8058): without cookies, from their own servers. So the
//! form carries no token of ours, and the visitor's session plays no part in it.

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use grove_http::extract::Path;
use grove_notifications_api as notifications;
use grove_shared::{CallError, Client};
use http::StatusCode;

use crate::{
    AppState,
    error::PageError,
    exchange::Exchange,
    gateway::Gateway,
    render::{Frame, Page},
};

/// The page that the links in mails lead to.
pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/unsubscribe/{token}", get(show).post(unsubscribe))
}

#[derive(Debug, Template)]
#[template(path = "unsubscribe/ask.html")]
struct Ask {
    frame: Frame,
    token: String,
}

#[derive(Debug, Template)]
#[template(path = "unsubscribe/done.html")]
struct Done {
    frame: Frame,
    /// What was switched off; nothing when the link is not valid.
    done: Option<String>,
}

/// Asks only: programs that look for viruses follow every link of a mail.
async fn show(frame: Frame, Path(token): Path<String>) -> Page<Ask> {
    Page(Ask { frame, token })
}

/// No redirect follows: RFC 8058, section 3.1.
async fn unsubscribe(
    State(state): State<AppState>,
    exchange: Exchange,
    gateway: Gateway,
    Path(token): Path<String>,
) -> Result<Response, PageError> {
    // This frame asks nobody who the visitor is.
    let frame = Frame::of_failure(&exchange, &state);
    match gateway.for_stranger().call(notifications::unsubscribe(&token)).await {
        Ok(done) => Ok(Page(Done { frame, done: Some(done.message) }).into_response()),
        Err(CallError::Refused {
            status: StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND, ..
        }) => Ok((StatusCode::NOT_FOUND, Page(Done { frame, done: None })).into_response()),
        Err(error) => Err(error.into()),
    }
}

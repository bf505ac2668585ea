//! How a page fails: a status, a sentence for the visitor, and for our faults a cause in the log.

use std::{borrow::Cow, time::Duration};

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use http::{StatusCode, header};

use crate::{gateway::GatewayError, render::Frame};

/// A request that got no page.
#[derive(Debug)]
pub enum PageError {
    /// The visitor must sign in first, and then comes back to this local path.
    SignIn(String),
    /// 403, with a sentence.
    Forbidden(Cow<'static, str>),
    /// 404.
    NotFound,
    /// 429, and when to try again.
    TooMany(Option<Duration>),
    /// Another refusal, with a sentence.
    Refused(StatusCode, Cow<'static, str>),
    /// 503: the gateway, or something behind it, does not answer.
    Unavailable(String),
    /// 500: a fault of ours.
    Internal(anyhow::Error),
}

/// The sentence of an answer that still has to become a page, see [`page`].
#[derive(Debug, Clone)]
struct Sentence(Cow<'static, str>);

impl PageError {
    /// 500: a fault of ours.
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::Internal(cause.into())
    }

    fn explain(self) -> (StatusCode, Cow<'static, str>) {
        match self {
            Self::SignIn(_) => (StatusCode::SEE_OTHER, "Sign in first.".into()),
            Self::Forbidden(sentence) => (StatusCode::FORBIDDEN, sentence),
            Self::NotFound => (StatusCode::NOT_FOUND, "".into()),
            Self::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "".into()),
            Self::Refused(status, sentence) => (status, sentence),
            Self::Unavailable(cause) => {
                tracing::warn!(cause, "page failed: the gateway is not available");
                (StatusCode::SERVICE_UNAVAILABLE, "".into())
            }
            Self::Internal(cause) => {
                tracing::error!(cause = format!("{cause:#}"), "page failed");
                (StatusCode::INTERNAL_SERVER_ERROR, "".into())
            }
        }
    }
}

impl From<GatewayError> for PageError {
    fn from(error: GatewayError) -> Self {
        match error {
            GatewayError::Unavailable(cause) => Self::Unavailable(cause),
            GatewayError::Refused { status, message, retry_after } => match status {
                StatusCode::UNAUTHORIZED => Self::SignIn("/".to_owned()),
                StatusCode::FORBIDDEN => Self::Forbidden(message.into()),
                StatusCode::NOT_FOUND => Self::NotFound,
                StatusCode::TOO_MANY_REQUESTS => Self::TooMany(retry_after),
                status => Self::Refused(status, message.into()),
            },
        }
    }
}

impl IntoResponse for PageError {
    /// An answer without body, which [`page`] fills when it knows chapter and visitor.
    fn into_response(self) -> Response {
        if let Self::SignIn(next) = self {
            return Redirect::to(&crate::session::login_url(&next)).into_response();
        }
        let wait = match &self {
            Self::TooMany(wait) => Some(wait.unwrap_or(Duration::from_mins(1))),
            Self::Unavailable(_) => Some(Duration::from_secs(5)),
            _ => None,
        };
        let (status, sentence) = self.explain();
        let mut response = status.into_response();
        response.extensions_mut().insert(Sentence(sentence));
        if let Some(wait) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, wait.as_secs().into());
        }
        response
    }
}

#[derive(Debug, Template)]
#[template(path = "error.html")]
struct ErrorPage {
    frame: Frame,
    status: u16,
    title: &'static str,
    sentence: Cow<'static, str>,
    request_id: String,
}

/// Turns a failure of any origin (a handler, an unknown path, a panic) into a page.
pub(crate) fn page(failure: &Response, frame: Frame, request_id: String) -> Response {
    let status = failure.status();
    let (title, usual) = words(status);
    let sentence = failure.extensions().get::<Sentence>().map(|Sentence(text)| text.clone());
    let sentence = sentence.filter(|text| !text.is_empty()).unwrap_or(usual.into());
    let page = ErrorPage { frame, status: status.as_u16(), title, sentence, request_id };
    // A page that cannot even tell of a failure is still an answer.
    let html = page.render().unwrap_or_else(|_| format!("<!doctype html><h1>{title}</h1>"));
    let mut response = (status, axum::response::Html(html)).into_response();
    for name in [header::RETRY_AFTER, header::ALLOW] {
        if let Some(value) = failure.headers().get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

fn words(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::BAD_REQUEST => ("That did not work", "The request could not be understood."),
        StatusCode::FORBIDDEN => ("Not for you", "You may not see or do this."),
        StatusCode::NOT_FOUND => {
            ("Not found", "There is no such page. It may have moved, or it never was.")
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            ("Not like that", "This address does not take such a request.")
        }
        StatusCode::PAYLOAD_TOO_LARGE => ("Too large", "That was more than this page takes."),
        StatusCode::TOO_MANY_REQUESTS => (
            "Slow down",
            "That were many tries in a short time. Please wait a while and try again.",
        ),
        StatusCode::SERVICE_UNAVAILABLE => (
            "Back in a moment",
            "A part of the website does not answer right now. Please try again.",
        ),
        status if status.is_client_error() => ("That did not work", "The request was refused."),
        _ => ("Something broke", "This is our fault, not yours. It has been written down."),
    }
}

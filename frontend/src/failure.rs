//! The page of a failure, whatever failed: a handler, an unknown path, a panic.

use std::borrow::Cow;

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

use crate::{
    error::{ForMembers, Sentence},
    render::Frame,
};

#[derive(Debug, Template)]
#[template(path = "error.html")]
struct ErrorPage {
    frame: Frame,
    status: u16,
    title: &'static str,
    sentence: Cow<'static, str>,
    request_id: String,
    /// Whether membership is what is missing.
    for_members: bool,
}

/// Turns a failure of any origin (a handler, an unknown path, a panic) into a page.
pub(crate) fn page(failure: &Response, frame: Frame, request_id: String) -> Response {
    let status = failure.status();
    let (title, usual) = words(status);
    let sentence = failure.extensions().get::<Sentence>().map(|Sentence(text)| text.clone());
    let sentence = sentence.filter(|text| !text.is_empty()).unwrap_or(usual.into());
    let for_members = failure.extensions().get::<ForMembers>().is_some();
    let title = if for_members { "For members" } else { title };
    let status_number = status.as_u16();
    let page = ErrorPage { frame, status: status_number, title, sentence, request_id, for_members };
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

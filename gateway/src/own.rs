//! What the gateway answers itself.

use axum::{body::Body, response::IntoResponse};
use grove_http::{ApiError, extract::Json};
use http::{HeaderValue, Method, Response, StatusCode, header};
use http_body_util::Either;
use serde::Serialize;

use crate::{cors, reply::ReplyBody};

/// An answer: a service's, or the gateway's own.
pub(crate) type Answer = Response<Either<ReplyBody, Body>>;

/// The page at `/`, which needs no token; old clients look there for a sign of life.
pub(crate) fn index(method: &Method) -> Answer {
    match *method {
        Method::GET | Method::HEAD => {
            let text = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
            (text, "I AM GROOT!\n").into_response().map(Either::Right)
        }
        Method::OPTIONS => {
            let allow = HeaderValue::from_static("GET, HEAD, OPTIONS");
            cors::preflight::<Body>(allow, false).map(Either::Right)
        }
        _ => not_allowed(HeaderValue::from_static("GET, HEAD, OPTIONS")),
    }
}

/// Something that the gateway knows.
pub(crate) fn json(value: &impl Serialize) -> Answer {
    Json(value).into_response().map(Either::Right)
}

/// A known path with another method (RFC 9110, section 15.5.6).
pub(crate) fn not_allowed(allow: HeaderValue) -> Answer {
    let message = "This path does not take this method";
    let error = ApiError::new(StatusCode::METHOD_NOT_ALLOWED, message);
    let mut response = error.into_response();
    response.headers_mut().insert(header::ALLOW, allow);
    response.map(Either::Right)
}

/// A refusal or failure.
pub(crate) fn refuse(error: ApiError) -> Answer {
    let mut response = error.into_response();
    // What is left of a body that is not wanted is not worth reading.
    if matches!(response.status(), StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT) {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response.map(Either::Right)
}

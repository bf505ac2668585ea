//! How a request fails: RFC 9457 problem details, with the `error` string of the old API beside them.

use std::{borrow::Cow, time::Duration};

use axum::response::{IntoResponse, Response};
use grove_shared::CallError;
use grove_telemetry::RequestContext;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A refusal or failure, on its way to the client.
///
/// The message of a 4xx is meant for the client. The cause of a 5xx is logged once, where the
/// response is made, and never sent.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    message: Cow<'static, str>,
    members: Map<String, Value>,
    retry_after: Option<Duration>,
    cause: Option<anyhow::Error>,
}

/// After which something that does not answer may answer again.
const SHORT_WAIT: Duration = Duration::from_secs(1);

/// Why a request did not succeed (RFC 9457, section 3), with `error` and `request_id` beside it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem<'a> {
    /// `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    #[schema(example = "Not Found")]
    title: &'a str,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599, example = 404)]
    status: u16,
    /// A sentence for whoever asked.
    #[schema(example = "Quote not found")]
    detail: &'a str,
    /// The same, where old clients look for it.
    #[schema(example = "Quote not found")]
    error: &'a str,
    /// What to name when one asks about this answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// What else there is to say, such as the fields that are wrong.
    #[serde(flatten)]
    #[schema(ignore)]
    members: &'a Map<String, Value>,
}

impl ApiError {
    /// A refusal with a status of 400 to 499 and a sentence that tells the client what to change.
    pub fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        let (members, retry_after, cause) = Default::default();
        Self { status, message: message.into(), members, retry_after, cause }
    }

    /// 400: the request itself is wrong.
    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 401: it is not known who asks.
    pub fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Request did not originate from groot")
    }

    /// 403: it is known who asks, and they may not.
    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// 404: there is no such thing, or the caller may not know that there is.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// 409: the thing is not in a state that allows this.
    pub fn conflict(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// 429: too many tries; the next one is welcome after `wait`.
    pub fn too_many_requests(wait: Duration) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many tries, please wait").retry_after(wait)
    }

    /// 503: something this service needs does not answer; trying again in a second may work.
    pub fn unavailable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, message).retry_after(SHORT_WAIT)
    }

    /// 500: a fault of ours.
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on our side")
            .because(cause)
    }

    /// Tells when to try again (rounded up to a second, RFC 9110, section 10.2.3).
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Keeps the cause for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<anyhow::Error>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Adds a member to the body, such as the field that is wrong.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// The status that the client will see.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The sentence that the client will see.
    pub fn message(&self) -> &str {
        &self.message
    }

    fn log(&self) {
        let cause = self.cause.as_ref().map(|cause| format!("{cause:#}"));
        if self.status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(cause, "request failed: {}", self.message);
        } else if self.status.is_server_error() {
            tracing::warn!(cause, "request failed: {}", self.message);
        } else if cause.is_some() {
            tracing::debug!(cause, "request refused: {}", self.message);
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.log();
        let problem = Problem {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.message,
            error: &self.message,
            request_id: RequestContext::current().map(|request| request.id),
            members: &self.members,
        };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl From<CallError> for ApiError {
    fn from(error: CallError) -> Self {
        match &error {
            CallError::Unreachable { service, .. } | CallError::Unavailable { service, .. } => {
                let message = format!("{service} does not answer, please try again");
                let wait = error.retry_after().unwrap_or(SHORT_WAIT);
                Self::unavailable(message).retry_after(wait).because(error)
            }
            CallError::Refused { .. } => Self::internal(error),
        }
    }
}

#[cfg(feature = "db")]
impl From<sqlx::Error> for ApiError {
    fn from(cause: sqlx::Error) -> Self {
        if grove_shared::db::is_outage(&cause) {
            Self::unavailable("The database does not answer, please try again").because(cause)
        } else {
            Self::internal(cause)
        }
    }
}

//! How a page fails: a status, a sentence for the visitor, and for our faults a cause in the log.

use std::{borrow::Cow, time::Duration};

use axum::response::{IntoResponse, Response};
use grove_shared::{CallError, Standing};
use http::{StatusCode, header};

/// A request that got no page.
#[derive(Debug)]
pub enum PageError {
    /// The visitor must sign in first, and then comes back.
    SignIn,
    /// 403: the form was shown to someone else, or too long ago.
    Stale,
    /// 403: what is for members; the visitor is none today.
    NotMember(Standing),
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

/// The sentence of an answer that still has to become a page, see [`crate::failure`].
#[derive(Debug, Clone)]
pub(crate) struct Sentence(pub(crate) Cow<'static, str>);

/// What a request came without, see [`crate::resume`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// There is no session, or it has ended.
    Session,
    /// The token of the page is not valid.
    Token,
}

/// Marks that what was asked for is for members.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ForMembers;

/// Tells of a form whose token is not valid.
pub(crate) const EXPIRED: &str = "This form is not valid any more: it was open for long, or you have \
    signed in or out since. Look at it, and send it again.";

impl PageError {
    /// 500: a fault of ours.
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::Internal(cause.into())
    }

    fn explain(self) -> (StatusCode, Cow<'static, str>) {
        match self {
            Self::SignIn => (StatusCode::SEE_OTHER, "Sign in first.".into()),
            Self::Stale => (StatusCode::FORBIDDEN, EXPIRED.into()),
            Self::NotMember(standing) => {
                let refusal = standing.refusal().unwrap_or_default();
                (StatusCode::FORBIDDEN, format!("{refusal}.").into())
            }
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

impl From<CallError> for PageError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Unreachable { .. } | CallError::Unavailable { .. } => {
                Self::Unavailable(error.to_string())
            }
            CallError::Refused { status, message, retry_after, .. } => match status {
                StatusCode::UNAUTHORIZED => Self::SignIn,
                StatusCode::FORBIDDEN => Self::Forbidden(message.into()),
                StatusCode::NOT_FOUND => Self::NotFound,
                StatusCode::TOO_MANY_REQUESTS => Self::TooMany(retry_after),
                status => Self::Refused(status, message.into()),
            },
        }
    }
}

impl IntoResponse for PageError {
    /// An answer without body, which [`crate::failure`] fills when it knows chapter and visitor.
    fn into_response(self) -> Response {
        let lost = match &self {
            Self::SignIn => Some(Lost::Session),
            Self::Stale => Some(Lost::Token),
            _ => None,
        };
        let is_for_members = matches!(self, Self::NotMember(_));
        let wait = match &self {
            Self::TooMany(wait) => Some(wait.unwrap_or(Duration::from_mins(1))),
            Self::Unavailable(_) => Some(Duration::from_secs(5)),
            _ => None,
        };
        let (status, sentence) = self.explain();
        let mut response = status.into_response();
        response.extensions_mut().insert(Sentence(sentence));
        if let Some(lost) = lost {
            response.extensions_mut().insert(lost);
        }
        if is_for_members {
            response.extensions_mut().insert(ForMembers);
        }
        if let Some(wait) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, wait.as_secs().into());
        }
        response
    }
}

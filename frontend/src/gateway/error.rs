//! Why a call gave no result, and what of it a visitor can mend.

use std::time::Duration;

use http::{StatusCode, header};
use serde_json::Value;

use crate::error::PageError;

/// Tells of a key that went with another form.
const ALREADY_SENT: &str = "This form was sent and carried out before, with other entries. \
    See what became of that; send it again only if you want this too.";

/// Why a call gave no result.
#[derive(Debug, Clone, thiserror::Error)]
pub enum GatewayError {
    /// The gateway, or the service behind it, will not do this.
    #[error("the gateway answered {status}: {message}")]
    Refused {
        /// 400 to 499.
        status: StatusCode,
        /// A sentence for the person who asked.
        message: String,
        /// When it will take such a call again, if it said so.
        retry_after: Option<Duration>,
    },
    /// There was no answer, or none that makes sense.
    #[error("the gateway is not available: {0}")]
    Unavailable(String),
}

/// What is wrong with something that a visitor typed or asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// 400, 402, 404, 409 or 422.
    pub status: StatusCode,
    /// A sentence for the visitor.
    pub message: String,
}

impl GatewayError {
    /// What belongs next to the form that was sent.
    ///
    /// # Errors
    /// When the failure has nothing to do with what was typed: that is a page of its own.
    pub fn refusal(self) -> Result<Refusal, PageError> {
        match self {
            Self::Refused { status: status @ StatusCode::UNPROCESSABLE_ENTITY, .. } => {
                Ok(Refusal { status, message: ALREADY_SENT.to_owned() })
            }
            Self::Refused { status, message, .. }
                if matches!(
                    status,
                    StatusCode::BAD_REQUEST | StatusCode::PAYMENT_REQUIRED | StatusCode::CONFLICT
                ) =>
            {
                Ok(Refusal { status, message })
            }
            error => Err(error.into()),
        }
    }

    /// As [`GatewayError::refusal`]; that what the form names does not exist is a part of it.
    ///
    /// # Errors
    /// As there.
    pub fn refusal_or_absence(self) -> Result<Refusal, PageError> {
        match self {
            Self::Refused { status: status @ StatusCode::NOT_FOUND, message, .. } => {
                Ok(Refusal { status, message })
            }
            error => error.refusal(),
        }
    }
}

pub(super) fn unavailable(cause: reqwest::Error) -> GatewayError {
    // Without its URL, which may hold a token.
    let cause = anyhow::Error::from(cause.without_url());
    GatewayError::Unavailable(format!("{cause:#}"))
}

pub(super) async fn failure(reply: reqwest::Response) -> GatewayError {
    let status = reply.status();
    if !status.is_client_error() {
        return GatewayError::Unavailable(format!("it answered {status}"));
    }
    let retry_after = reply.headers().get(header::RETRY_AFTER);
    let retry_after = retry_after.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
    let problem: Value = reply.json().await.unwrap_or_default();
    let message = problem["error"].as_str().unwrap_or("This was refused.").to_owned();
    GatewayError::Refused { status, message, retry_after: retry_after.map(Duration::from_secs) }
}

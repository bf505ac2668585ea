//! Why a call gave no result.

use std::time::Duration;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Why a call gave no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// It takes no connection, so nothing was sent.
    #[error("{service} is unavailable: {reason}")]
    Unreachable {
        /// The service that was called.
        service: String,
        /// What happened instead of a connection.
        reason: String,
    },
    /// There was no answer, or none that makes sense: the same call may succeed later, or may have had its
    /// effect already.
    #[error("{service} is unavailable: {reason}")]
    Unavailable {
        /// The service that was called.
        service: String,
        /// What happened instead of an answer.
        reason: String,
        /// When it will take such a call again, if it said so.
        retry_after: Option<Duration>,
    },
    /// It answered that it will not do this.
    #[error("{service} answered {status}: {message}")]
    Refused {
        /// The service that was called.
        service: String,
        /// The status of its answer, 400 to 499.
        status: StatusCode,
        /// The `error` of its answer.
        message: String,
        /// Which fields of what was sent are wrong, as far as it said so.
        fields: Vec<FieldError>,
        /// When it will take such a call again, if it said so.
        retry_after: Option<Duration>,
    },
}

/// What is wrong with one field of what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// What the contract calls the field.
    pub field: String,
    /// A sentence for the person who asked.
    pub message: String,
}

impl FieldError {
    /// Those that a problem has: the member `fields`, or `field` for the only one.
    fn read(problem: &Value, message: &str) -> Vec<Self> {
        if let Some(field) = problem["field"].as_str() {
            return vec![Self { field: field.to_owned(), message: message.to_owned() }];
        }
        serde_json::from_value(problem["fields"].clone()).unwrap_or_default()
    }
}

impl CallError {
    /// What the answer `status` of `service` means, which is no success.
    pub(super) fn answered(
        service: &str,
        status: StatusCode,
        retry_after: Option<Duration>,
        body: &[u8],
    ) -> Self {
        let service = service.to_owned();
        if !status.is_client_error() {
            return Self::Unavailable {
                service,
                reason: format!("it answered {status}"),
                retry_after,
            };
        }
        let problem: Value = serde_json::from_slice(body).unwrap_or_default();
        let message = problem["error"].as_str().unwrap_or_default().to_owned();
        let fields = FieldError::read(&problem, &message);
        Self::Refused { service, status, message, fields, retry_after }
    }

    /// The status of a refusal.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            Self::Unreachable { .. } | Self::Unavailable { .. } => None,
        }
    }

    /// When the service will take such a call again, if it said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. } | Self::Refused { retry_after, .. } => {
                *retry_after
            }
            Self::Unreachable { .. } => None,
        }
    }

    /// Whether there is no such thing.
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(StatusCode::NOT_FOUND)
    }

    /// Whether the same call will never succeed: what it asks for is wrong, or is not to be had. Other
    /// refusals end by themselves, such as 401 while a key is replaced, 404 of a service that is older
    /// than its caller, or 429.
    pub fn is_final(&self) -> bool {
        self.status().is_some_and(|status| {
            matches!(
                status,
                StatusCode::BAD_REQUEST
                    | StatusCode::PAYMENT_REQUIRED
                    | StatusCode::CONFLICT
                    | StatusCode::GONE
                    | StatusCode::UNPROCESSABLE_ENTITY
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_says_which_fields_are_wrong() {
        let wrong = |problem: Value| {
            let problem = serde_json::to_vec(&problem).unwrap();
            match CallError::answered("shelves", StatusCode::BAD_REQUEST, None, &problem) {
                CallError::Refused { fields, .. } => fields,
                error => panic!("{error}"),
            }
        };
        let field = |field: &str, message: &str| FieldError {
            field: field.to_owned(),
            message: message.to_owned(),
        };
        assert_eq!(wrong(json!({ "error": "no" })), []);
        assert_eq!(wrong(json!({ "error": "no", "field": "name" })), [field("name", "no")]);
        let several = json!([{ "field": "a", "message": "x" }, { "field": "b", "message": "y" }]);
        let several = wrong(json!({ "error": "no", "fields": several }));
        assert_eq!(several, [field("a", "x"), field("b", "y")]);
    }

    #[test]
    fn only_some_refusals_are_final() {
        let problem = serde_json::to_vec(&json!({ "error": "no" })).unwrap();
        for (status, is_final) in [
            (400, true),
            (401, false),
            (402, true),
            (403, false),
            (404, false),
            (408, false),
            (409, true),
            (410, true),
            (422, true),
            (429, false),
            (500, false),
            (503, false),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(
                CallError::answered("shelves", status, None, &problem).is_final(),
                is_final,
                "{status}"
            );
        }
    }
}

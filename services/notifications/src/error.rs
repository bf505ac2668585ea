//! Why a message is not taken.

use std::collections::BTreeMap;

use grove_http::ApiError;
use grove_shared::CallError;
use http::StatusCode;
use serde_json::{Value, json};

/// A request that the service understood and refused, or could not carry out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotificationError {
    /// A sentence of the old service, or one like it.
    #[error("{0}")]
    Invalid(String),
    /// What is wrong with fields, as the old service says it.
    #[error("{}", first(.0))]
    Fields(Value),
    #[error("A message to every member comes from the committees admin and top4")]
    NotForEveryone,
    #[error("The message is longer than {0} bytes")]
    TooLong(usize),
    #[error("Unknown notification")]
    Unknown,
    #[error("Unknown delivery")]
    UnknownDelivery,
    #[error("Only a delivery that failed can be repeated")]
    NotFailed,
    #[error("This link is not known any more; the preferences are on your account's page")]
    UnknownToken,
    #[error(transparent)]
    Peer(#[from] CallError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// A refusal that says everything already, such as that of an idempotency key.
    #[error("{}", .0.message())]
    Api(ApiError),
}

impl NotificationError {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid(message.into())
    }

    /// A field that is wrong: `{"errors": {"message": ["Not a valid string."]}}`.
    pub(crate) fn field(name: &str, reason: &str) -> Self {
        Self::Fields(json!(BTreeMap::from([(name, [reason])])))
    }

    /// A field that is wrong in one of the services.
    pub(crate) fn in_service(number: usize, name: &str, reason: &str) -> Self {
        Self::Fields(json!({ "services": { number.to_string(): { name: [reason] } } }))
    }
}

/// The first field and its reason, as a sentence.
fn first(errors: &Value) -> String {
    match errors {
        Value::Object(fields) => fields.iter().next().map_or_else(String::new, |(name, value)| {
            let rest = first(value);
            match value {
                Value::Array(_) => format!("{name}: {rest}"),
                _ => rest,
            }
        }),
        Value::Array(reasons) => {
            reasons.first().and_then(Value::as_str).unwrap_or_default().to_owned()
        }
        _ => String::new(),
    }
}

impl From<ApiError> for NotificationError {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl From<NotificationError> for ApiError {
    fn from(error: NotificationError) -> Self {
        use NotificationError as E;
        let message = error.to_string();
        match error {
            E::Invalid(_) => Self::bad_request(message),
            E::Fields(errors) => Self::bad_request(message).with("errors", errors),
            E::TooLong(_) => Self::new(StatusCode::PAYLOAD_TOO_LARGE, message),
            E::NotForEveryone => Self::forbidden(message),
            E::Unknown | E::UnknownDelivery | E::UnknownToken => Self::not_found(message),
            E::NotFailed => Self::conflict(message),
            E::Peer(cause) => cause.into(),
            E::Database(cause) => cause.into(),
            E::Api(error) => error,
        }
    }
}

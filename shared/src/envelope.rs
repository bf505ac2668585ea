//! The envelope of the old services' replies: `{"error": null, "data": ...}`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A reply with data.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Data<T> {
    /// Always null.
    error: Option<String>,
    /// What was asked for.
    pub data: T,
}

impl<T> Data<T> {
    /// Puts `data` into the envelope.
    pub fn new(data: T) -> Self {
        Self { error: None, data }
    }
}

/// A reply with a sentence for the person who asked.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// Always null.
    error: Option<String>,
    data: Empty,
    /// The sentence.
    pub message: String,
}

/// `{}`
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
struct Empty {}

impl Message {
    /// Puts `message` into the envelope.
    pub fn new(message: impl Into<String>) -> Self {
        Self { error: None, data: Empty {}, message: message.into() }
    }
}

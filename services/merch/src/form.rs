//! The fields of old clients: everything is text, or the number that the text means.

use serde_json::{Map, Value};

use crate::error::MerchError;

/// The members of a JSON object; another body has none.
#[derive(Debug)]
pub(crate) struct Form(Map<String, Value>);

impl From<Value> for Form {
    fn from(body: Value) -> Self {
        match body {
            Value::Object(members) => Self(members),
            _ => Self(Map::new()),
        }
    }
}

impl Form {
    /// What a member holds; nothing when it is null or absent.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// The text of a member that has to be there.
    pub(crate) fn text(&self, name: &'static str) -> Result<String, MerchError> {
        let text = match self.value(name) {
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => {
                return Err(MerchError::Malformed(format!("{name} must be text or a number")));
            }
            None => String::new(),
        };
        if text.is_empty() { Err(MerchError::Missing(name)) } else { Ok(text) }
    }
}

/// A whole number from 0 to `most`.
pub(crate) fn number(name: &str, text: &str, most: u32) -> Result<u32, MerchError> {
    text.parse().ok().filter(|number| *number <= most).ok_or_else(|| {
        MerchError::Malformed(format!("{name} must be a whole number from 0 to {most}"))
    })
}

//! What makes a request valid. Old clients send numbers as text.

use grove_shared::{NetId, text::is_clean};
use serde_json::Value;

use crate::error::CreditsError;

/// The most credits that one request moves: a hundred thousand dollars.
const MOST: i64 = 10_000_000;
/// The longest description, in characters.
const LONGEST: usize = 200;
/// What old clients read about a NetID of nobody.
pub(crate) const NOBODY: &str = "Not a valid user.";
const MISSING: &str = "Missing required parameter in the JSON body";

/// A number of credits that is not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Amount(i64);

impl Amount {
    /// Reads a positive or negative number, or its text.
    pub(crate) fn parse(value: &Value) -> Result<Self, CreditsError> {
        let amount = match value {
            Value::Null => return Err(CreditsError::field("amount", MISSING)),
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let amount = amount.ok_or_else(|| {
            CreditsError::field("amount", "The amount must be a whole number of credits")
        })?;
        Self::new(amount)
    }

    pub(crate) fn new(amount: i64) -> Result<Self, CreditsError> {
        if amount == 0 || !(-MOST..=MOST).contains(&amount) {
            let reason = format!("The amount must not be 0, and {MOST} at most");
            return Err(CreditsError::field("amount", reason));
        }
        Ok(Self(amount))
    }

    /// The number, if it is above zero.
    pub(crate) fn positive(self) -> Result<i64, CreditsError> {
        if self.0 < 0 {
            return Err(CreditsError::field("amount", "The amount must be positive"));
        }
        Ok(self.0)
    }

    pub(crate) fn get(self) -> i64 {
        self.0
    }
}

/// Reads a NetID that must be there.
pub(crate) fn netid(value: &Value) -> Result<NetId, CreditsError> {
    match value {
        Value::Null => Err(CreditsError::field("netid", MISSING)),
        Value::String(text) => text.parse().map_err(|_| CreditsError::field("netid", NOBODY)),
        _ => Err(CreditsError::field("netid", NOBODY)),
    }
}

/// What a transaction is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Description(String);

impl Description {
    pub(crate) fn parse(text: &str) -> Result<Self, CreditsError> {
        let text = text.trim();
        if text.chars().count() > LONGEST || !is_clean(text) {
            let reason =
                format!("The description must be one line of {LONGEST} characters at most");
            return Err(CreditsError::field("description", reason));
        }
        Ok(Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

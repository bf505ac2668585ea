//! A university login name.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

/// A university login name: 2 to 8 lower-case letters and digits that begin with two letters and
/// have no letter after a digit, such as `jsmith2` or `adam`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "db", derive(sqlx::Type), sqlx(transparent))]
#[serde(try_from = "String")]
pub struct NetId(String);

/// The text was no NetID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A valid netid must be entered")]
pub struct InvalidNetId;

impl NetId {
    /// The NetID as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for NetId {
    type Error = InvalidNetId;

    fn try_from(text: String) -> Result<Self, InvalidNetId> {
        let digits = text.trim_start_matches(|c: char| c.is_ascii_lowercase());
        let letters = text.len() - digits.len();
        let valid = (2..=8).contains(&text.len())
            && (2..=7 + usize::from(digits.is_empty())).contains(&letters)
            && digits.len() <= 4
            && digits.bytes().all(|b| b.is_ascii_digit());
        if valid { Ok(Self(text)) } else { Err(InvalidNetId) }
    }
}

impl std::str::FromStr for NetId {
    type Err = InvalidNetId;

    fn from_str(text: &str) -> Result<Self, InvalidNetId> {
        text.to_owned().try_into()
    }
}

impl fmt::Display for NetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialSchema for NetId {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A university login name."))
            .pattern(Some("^(?=.{2,8}$)([a-z]{2,8}|[a-z]{2,7}[0-9]{1,4})$"))
            .examples(["jsmith2"])
            .into()
    }
}

impl ToSchema for NetId {
    fn name() -> Cow<'static, str> {
        "NetId".into()
    }
}

#[cfg(test)]
mod tests {
    use super::NetId;

    #[test]
    fn netids_are_short_and_lower_case_with_digits_last() {
        for good in ["jsmith2", "ab1", "adam", "abcdefgh", "abcd1234"] {
            assert!(good.parse::<NetId>().is_ok(), "{good}");
        }
        for bad in
            ["", "a", "a1", "Jsmith2", "jsmi2th", "abcdefgh1", "ab12345", "abcd@x", "ab\ncd", "é1"]
        {
            assert!(bad.parse::<NetId>().is_err(), "{bad}");
        }
    }
}

//! What a {{one}} is, and what makes one valid.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::error::{{One}}Error;

/// A {{one}} on the wire. Types that the website reads too belong into `grove_shared::api`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct {{One}} {
    pub(crate) id: u64,
    pub(crate) title: String,
    pub(crate) author: String,
    pub(crate) created_at: DateTime<Utc>,
}

/// A {{one}} to add, as a member typed it.
#[derive(Debug, Deserialize)]
pub(crate) struct New{{One}} {
    #[serde(default)]
    pub(crate) title: String,
}

/// What a {{one}} is called: 1 to 200 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Title(String);

impl Title {
    const MAX_CHARS: usize = 200;

    /// Reads a title as a member typed it.
    pub(crate) fn parse(title: &str) -> Result<Self, {{One}}Error> {
        let title = title.trim();
        match title.chars().count() {
            0 => Err({{One}}Error::Missing("title")),
            1..=Self::MAX_CHARS => Ok(Self(title.to_owned())),
            _ => Err({{One}}Error::TooLong { field: "title", most: Self::MAX_CHARS }),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

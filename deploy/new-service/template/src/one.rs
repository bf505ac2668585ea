//! What makes a {{one}} valid.

use grove_shared::text;

use crate::error::{{One}}Error;

/// What a {{one}} is called: 1 to 200 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Title(String);

impl Title {
    const MAX_CHARS: usize = 200;

    /// Reads a title as a member typed it.
    pub(crate) fn parse(title: &str) -> Result<Self, {{One}}Error> {
        let title = title.trim();
        if !text::is_clean(title) {
            return Err({{One}}Error::Unprintable("title"));
        }
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

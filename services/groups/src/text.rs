//! What the text of a field may hold.

use grove_shared::text::is_clean;

use crate::error::GroupError;

/// The characters that a line may have.
const LINE_MAX_CHARS: usize = 100;

/// A line of at most 100 characters, without the space around it.
pub(crate) fn line(field: &'static str, text: &str) -> Result<String, GroupError> {
    check(field, text.trim(), LINE_MAX_CHARS)
}

/// As much of a text as a line may have.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(LINE_MAX_CHARS).collect()
}

/// Lines of at most `most` characters together, which end as on Unix.
pub(crate) fn lines(field: &'static str, text: &str, most: usize) -> Result<String, GroupError> {
    let text = text.trim().replace("\r\n", "\n");
    check(field, &text.replace('\n', " "), most).map(|_| text)
}

fn check(field: &'static str, text: &str, most: usize) -> Result<String, GroupError> {
    if !is_clean(text) {
        Err(GroupError::ControlCharacter(field))
    } else if text.chars().count() > most {
        Err(GroupError::TooLong { field, most })
    } else {
        Ok(text.to_owned())
    }
}

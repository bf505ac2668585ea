//! What text that people enter may consist of.

/// Whether a line of text can be shown and logged as it is: no control characters, and none that turn the
/// direction of what follows, break the line elsewhere or are not seen at all (Unicode TR 36, section 2).
pub fn is_clean(text: &str) -> bool {
    text.chars().all(is_visible)
}

/// The same for text of several lines.
pub fn is_clean_multiline(text: &str) -> bool {
    text.chars().all(|c| matches!(c, '\n' | '\r' | '\t') || is_visible(c))
}

fn is_visible(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{061c}'
            | '\u{200b}'
            | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_forge_a_line_or_turn_it_around_is_not_clean() {
        for clean in ["", "Tea & cake", "naïve 日本語 עברית", "👩\u{200d}💻"] {
            assert!(is_clean(clean), "{clean:?}");
        }
        for foul in ["a\nb", "a\tb", "a\0b", "\u{1b}[31m", "a\u{202e}b", "a\u{2028}b", "\u{feff}a"]
        {
            assert!(!is_clean(foul), "{foul:?}");
        }
        assert!(is_clean_multiline("a\r\n\tb") && !is_clean_multiline("a\u{85}b"));
    }
}

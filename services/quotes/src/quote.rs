//! What a quote is, and what makes one valid.

use chrono::{DateTime, Utc};
use grove_quotes_api as api;
use grove_shared::{
    NetId,
    text::{is_clean, is_clean_multiline},
};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::error::QuoteError;

/// Something worth quoting: 1 to 2000 characters, without the quotation marks around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QuoteText(String);

impl QuoteText {
    const MAX_CHARS: usize = 2000;

    /// Reads a quote as a member typed it.
    pub(crate) fn parse(text: Option<&str>) -> Result<Self, QuoteError> {
        let text = text.unwrap_or_default().trim();
        let text = text.strip_prefix('"').unwrap_or(text);
        let text = text.strip_suffix('"').unwrap_or(text).trim();
        match text.chars().count() {
            0 => Err(QuoteError::Missing("text")),
            _ if !is_clean_multiline(text) => Err(QuoteError::Unseen("text")),
            1..=Self::MAX_CHARS => Ok(Self(text.to_owned())),
            _ => Err(QuoteError::TooLong { field: "text", most: Self::MAX_CHARS }),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// By what two quotes are the same: their words, whatever their case and spacing.
    pub(crate) fn key(&self) -> Vec<u8> {
        let words = self.0.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        Sha256::digest(words).to_vec()
    }
}

/// Who said it: a NetID or a name of 1 to 50 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source(String);

impl Source {
    const MAX_CHARS: usize = 50;

    /// Reads a source as a member typed it.
    pub(crate) fn parse(source: Option<&str>) -> Result<Self, QuoteError> {
        let source = source.unwrap_or_default().trim();
        match source.chars().count() {
            0 => Err(QuoteError::Missing("source")),
            _ if !is_clean(source) => Err(QuoteError::Unseen("source")),
            1..=Self::MAX_CHARS => Ok(Self(source.to_owned())),
            _ => Err(QuoteError::TooLong { field: "source", most: Self::MAX_CHARS }),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether someone is among those who said it: several are `jsmith2, mdoe3` or `jsmith2 & mdoe3`.
pub(crate) fn is_said_by(source: &str, netid: &NetId) -> bool {
    let people = source.split([',', ';', '&', '/']).flat_map(|part| part.split(" and "));
    people.map(str::trim).any(|person| person.eq_ignore_ascii_case(netid.as_str()))
}

/// The source without this person's name in it, wherever it stands as a word.
pub(crate) fn without(source: &str, netid: &NetId) -> String {
    let mut rest = String::with_capacity(source.len());
    for part in source.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let word = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        if word.eq_ignore_ascii_case(netid.as_str()) {
            rest.push_str("someone");
            rest.push_str(&part[word.len()..]);
        } else {
            rest.push_str(part);
        }
    }
    rest.chars().take(Source::MAX_CHARS).collect()
}

/// What the service keeps of a quote about the people in it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Mention {
    pub(crate) id: u64,
    pub(crate) text: String,
    pub(crate) author: String,
    pub(crate) source: String,
    pub(crate) created_at: DateTime<Utc>,
}

/// A vote for a quote.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Vote {
    pub(crate) quote_id: u64,
    pub(crate) created_at: DateTime<Utc>,
}

/// A quote as one member sees it.
#[derive(Debug, Clone)]
pub(crate) struct Quote {
    pub(crate) id: u64,
    pub(crate) text: String,
    pub(crate) author: String,
    pub(crate) source: String,
    pub(crate) approved: bool,
    pub(crate) taken_down_at: Option<DateTime<Utc>>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) votes: i64,
    pub(crate) upvoted: bool,
}

impl From<Quote> for api::Quote {
    fn from(quote: Quote) -> Self {
        Self {
            id: quote.id,
            text: quote.text,
            author: quote.author,
            source: quote.source,
            votes: quote.votes,
            approved: quote.approved,
            takedown_requested: quote.taken_down_at.is_some(),
            upvoted: quote.upvoted,
            created_at: quote.created_at.format("%m/%d/%y %I:%M:%S %p").to_string(),
            created: quote.created_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_several_people_said_it_and_nobody_who_is_named_like_a_part_of_them() {
        let mdoe3: NetId = "mdoe3".parse().unwrap();
        for source in ["mdoe3", "MDoe3", "jsmith2, mdoe3", "mdoe3 & jsmith2", "ada and mdoe3"] {
            assert!(is_said_by(source, &mdoe3), "{source}");
        }
        for source in ["", "mdoe34", "a mdoe3 fan", "mdoe3's mother", "candmdoe3"] {
            assert!(!is_said_by(source, &mdoe3), "{source}");
        }
    }

    #[test]
    fn a_source_without_someone_names_the_others_still() {
        let mdoe3: NetId = "mdoe3".parse().unwrap();
        for (source, rest) in [
            ("MDoe3", "someone"),
            ("jsmith2, mdoe3", "jsmith2, someone"),
            ("mdoe3's mother & mdoe34", "someone's mother & mdoe34"),
            ("Ünï mdoe3 – é", "Ünï someone – é"),
        ] {
            assert_eq!(without(source, &mdoe3), rest);
        }
    }
}

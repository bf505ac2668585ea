//! Pages of a list: `?after=&limit=`, and what comes after.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Entries of a page, if the client does not say.
const USUAL: u32 = 50;
/// Entries that a page has at most.
const MOST: u32 = 200;

/// Which page of a list is asked for. Entries have an order that stays, and each its own mark in it, such
/// as an id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageRequest {
    /// The mark of the last entry of the page before; nothing for the first page.
    pub after: Option<u64>,
    /// How many entries; 50 if nothing is said.
    #[param(value_type = Option<u32>)]
    pub limit: Option<Limit>,
}

impl PageRequest {
    /// How many entries the page has at most.
    pub fn limit(self) -> Limit {
        self.limit.unwrap_or_default()
    }

    /// How many rows to read: one more than the page has, to know whether another page follows.
    pub fn rows(self) -> u32 {
        self.limit().get() + 1
    }

    /// Whether a page is asked for at all. Old clients do not, and want the whole list.
    pub fn is_given(self) -> bool {
        self.after.is_some() || self.limit.is_some()
    }
}

/// How many entries a page has: 1 to 200, 50 if nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Limit(u32);

impl Limit {
    /// At least 1, at most 200.
    pub fn new(entries: u32) -> Self {
        Self(entries.clamp(1, MOST))
    }

    /// As a number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(USUAL)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u32::deserialize(deserializer).map(Self::new)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// What to send as `after` for the next page; null on the last one.
    pub next: Option<u64>,
}

impl<T> Page<T> {
    /// The page that was asked for, of as many rows as [`PageRequest::rows`] says.
    pub fn of(mut rows: Vec<T>, request: PageRequest, mark: impl Fn(&T) -> u64) -> Self {
        let most = usize::try_from(request.limit().get()).unwrap_or(usize::MAX);
        let has_more = rows.len() > most;
        rows.truncate(most);
        let next = rows.last().filter(|_| has_more).map(mark);
        Self { items: rows, next }
    }

    /// The same page with other entries.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next: self.next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_what_comes_after_it() {
        let two = PageRequest { after: None, limit: Some(Limit::new(2)) };
        let page = Page::of(vec![9_u64, 7, 5], two, |id| *id);
        assert_eq!((page.items, page.next), (vec![9, 7], Some(7)));
        let last = Page::of(vec![9_u64, 7], two, |id| *id);
        assert_eq!((last.items, last.next), (vec![9, 7], None));
        assert_eq!(Page::of(Vec::<u64>::new(), two, |id| *id).next, None);
    }

    #[test]
    fn a_limit_is_kept_within_bounds() {
        for (asked, given) in [("0", 1), ("1", 1), ("200", 200), ("5000", 200)] {
            assert_eq!(serde_json::from_str::<Limit>(asked).unwrap().get(), given);
        }
        assert_eq!(Limit::default().get(), 50);
    }
}

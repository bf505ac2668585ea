//! The kinds of groups: SIGs and committees.

use crate::error::PageError;

/// The kinds of groups, as paths name them.
pub(super) const KINDS: [Kind; 2] = [
    Kind { name: "sigs", one: "SIG", many: "SIGs" },
    Kind { name: "committees", one: "Committee", many: "Committees" },
];

/// A kind of groups.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::pages) struct Kind {
    pub(super) name: &'static str,
    pub(super) one: &'static str,
    pub(super) many: &'static str,
}

impl Kind {
    /// The kind that a path names.
    pub(super) fn find(name: &str) -> Result<&'static Self, PageError> {
        KINDS.iter().find(|kind| kind.name == name).ok_or(PageError::NotFound)
    }

    /// The page of a group, whatever its name holds.
    pub(super) fn page_of(&self, name: &str) -> String {
        let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        // That is made for forms, where a plus is a space; in a path it is a plus.
        format!("/intranet/groups/{}/{}", self.name, name.replace('+', "%20"))
    }
}

//! What kinds of messages there are, and which of them a member may do without.

use grove_shared::api::notifications::{ACCOUNT, ANNOUNCEMENTS, CREDITS, GIGS, MEMBERSHIP, MERCH};
use serde::Serialize;

/// A kind of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// Whether everyone gets it.
    pub(crate) mandatory: bool,
}

/// Every kind.
pub(crate) const KINDS: [Kind; 6] = [
    Kind { name: ACCOUNT, mandatory: true },
    Kind { name: MEMBERSHIP, mandatory: true },
    Kind { name: ANNOUNCEMENTS, mandatory: false },
    Kind { name: CREDITS, mandatory: false },
    Kind { name: GIGS, mandatory: false },
    Kind { name: MERCH, mandatory: false },
];

impl Kind {
    /// The kind of that name.
    pub(crate) fn find(name: &str) -> Option<Self> {
        KINDS.into_iter().find(|kind| kind.name == name)
    }

    /// Whether its text is not kept once it has arrived.
    pub(crate) fn is_secret(self) -> bool {
        self.name == ACCOUNT
    }
}

//! What kinds of messages there are, and which of them a member may do without.

use grove_notifications_api as api;

/// A kind of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// Whether everyone gets it.
    pub(crate) mandatory: bool,
}

impl Kind {
    /// What a service's message is that says no kind.
    pub(crate) const MEMBERSHIP: Self = Self { name: api::MEMBERSHIP, mandatory: true };
    /// What an officer's message is that says no kind.
    pub(crate) const ANNOUNCEMENTS: Self = Self { name: api::ANNOUNCEMENTS, mandatory: false };

    /// Every kind.
    pub(crate) const ALL: [Self; 6] = [
        Self { name: api::ACCOUNT, mandatory: true },
        Self::MEMBERSHIP,
        Self::ANNOUNCEMENTS,
        Self { name: api::CREDITS, mandatory: false },
        Self { name: api::GIGS, mandatory: false },
        Self { name: api::MERCH, mandatory: false },
    ];

    /// The kind of that name.
    pub(crate) fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name == name)
    }

    /// Whether its text is not kept once it has arrived.
    pub(crate) fn is_secret(self) -> bool {
        self.name == api::ACCOUNT
    }
}

impl From<Kind> for api::KindState {
    fn from(Kind { name, mandatory }: Kind) -> Self {
        Self { name: name.to_owned(), mandatory }
    }
}

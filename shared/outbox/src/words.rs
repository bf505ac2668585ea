//! What an effect is in the words of people, for when it does not go through.

use grove_shared::NetId;

/// The longest that is kept.
const LONGEST: usize = 255;

/// What people read of an effect that does not go through, after "Did not go through:", such as `The
/// payment of 20 credits for the gig "Poster"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    pub(crate) what: String,
    pub(crate) concerns: Option<NetId>,
}

impl Words {
    /// For officers alone, so they name whom it is about.
    pub fn for_officers(what: &str) -> Self {
        Self { what: what.chars().take(LONGEST).collect(), concerns: None }
    }

    /// For officers, and for the one `person` whom it concerns, who waits for it and can do something
    /// about it, be it asking.
    pub fn for_person(person: &NetId, what: &str) -> Self {
        Self { concerns: Some(person.clone()), ..Self::for_officers(what) }
    }
}

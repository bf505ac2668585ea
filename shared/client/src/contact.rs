//! Which services have just gone, and so may come back in a moment: one that is replaced is away for a
//! second or two, and a call of it may wait that long. One that stays away costs nobody time.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long calls wait for a service that has gone.
const HOLD: Duration = Duration::from_secs(4);
/// A service that has not answered for this long has not just gone.
const MEMORY: Duration = Duration::from_mins(1);

/// When each service answered last, and since when it does not.
#[derive(Debug, Default)]
pub(crate) struct Contacts(Mutex<HashMap<String, Contact>>);

#[derive(Debug)]
struct Contact {
    answered: Instant,
    gone: Option<Instant>,
}

impl Contacts {
    pub(crate) fn answered(&self, peer: &str) {
        let contact = Contact { answered: Instant::now(), gone: None };
        let mut contacts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        contacts.insert(peer.to_owned(), contact);
    }

    /// Notes that a service takes no connection; says whether to wait for it.
    pub(crate) fn may_come_back(&self, peer: &str) -> bool {
        let mut contacts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(contact) = contacts.get_mut(peer) else { return false };
        let now = Instant::now();
        let gone = *contact.gone.get_or_insert(now);
        gone - contact.answered < MEMORY && now - gone < HOLD
    }
}

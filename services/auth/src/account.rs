//! Who can sign in.

use chrono::{DateTime, Utc};
use grove_auth_api as api;
use grove_shared::NetId;

/// An account as the database has it; not `Debug`, for the hash's sake.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) id: u64,
    pub(crate) netid: NetId,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    /// None until the owner has chosen a password.
    pub(crate) password_hash: Option<String>,
    pub(crate) disabled_at: Option<DateTime<Utc>>,
}

impl Account {
    /// The hash that a password has to match; none when nobody can sign in.
    pub(crate) fn usable_hash(&self) -> Option<&str> {
        self.password_hash.as_deref().filter(|_| self.disabled_at.is_none())
    }
}

/// The longest first or last name.
const MAX_NAME_CHARS: usize = 255;

/// A name is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} may have at most {MAX_NAME_CHARS} characters")]
pub(crate) struct NameTooLong(&'static str);

/// Checks that the names fit.
pub(crate) fn check_names(new: &api::NewAccount) -> Result<(), NameTooLong> {
    for (field, name) in [("first_name", &new.first_name), ("last_name", &new.last_name)] {
        if name.chars().count() > MAX_NAME_CHARS {
            return Err(NameTooLong(field));
        }
    }
    Ok(())
}

impl From<Account> for api::NewAccount {
    fn from(account: Account) -> Self {
        let Account { netid, first_name, last_name, .. } = account;
        Self { netid, first_name, last_name }
    }
}

//! Someone who is signed in, as pages know them.

use std::sync::Arc;

use grove_shared::{CallError, Role, Standing};
use grove_users_api::Profile;

/// Someone who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their login name.
    pub netid: String,
    /// Their given name; empty when nobody knows it.
    pub first_name: String,
    /// Their family name.
    pub last_name: String,
    /// The officer roles they hold.
    pub roles: Vec<Role>,
    /// Their own record; someone with an account need not have one.
    pub profile: Option<Profile>,
}

impl Person {
    /// Whether they hold any officer role.
    pub fn is_officer(&self) -> bool {
        !self.roles.is_empty()
    }

    /// Whether they are in the committee admin, which looks after credits.
    pub fn is_admin(&self) -> bool {
        self.roles.contains(&Role::Admin)
    }

    /// Whether they are in one of the committees admin and top4, which look after people, groups, merch and
    /// the directory.
    pub fn is_board(&self) -> bool {
        self.roles.iter().any(|role| matches!(role, Role::Admin | Role::Top4))
    }

    /// Where they are on the way to membership.
    pub fn standing(&self) -> Standing {
        self.profile.as_ref().map_or(Standing::Applicant, |profile| profile.standing)
    }

    /// Whether what is for members is for them.
    pub fn is_member(&self) -> bool {
        self.is_officer() || self.standing() == Standing::Member
    }

    /// Whether they are a member or were one: what was theirs stays theirs.
    pub fn has_been_member(&self) -> bool {
        self.is_officer() || self.standing() != Standing::Applicant
    }

    /// The pages that they find in the navigation.
    pub fn entries(&self) -> Vec<&'static Entry> {
        ENTRIES.iter().filter(|entry| entry.who.includes(self)).collect()
    }

    /// How to address them.
    pub fn name(&self) -> &str {
        if self.first_name.is_empty() { &self.netid } else { &self.first_name }
    }
}

/// What is known of a visitor: nobody, someone, or that the gateway does not answer.
pub(crate) type Known = Result<Option<Arc<Person>>, CallError>;

/// An entry of the navigation of the intranet.
#[derive(Debug)]
pub struct Entry {
    /// Where it leads.
    pub path: &'static str,
    /// What else is below it.
    pub below: &'static str,
    /// What it is called.
    pub label: &'static str,
    who: Who,
}

/// For whom a page is.
#[derive(Debug, Clone, Copy)]
enum Who {
    Everyone,
    Known,
    Members,
    Officers,
    Board,
}

impl Who {
    fn includes(self, person: &Person) -> bool {
        match self {
            Self::Everyone => true,
            Self::Known => person.has_been_member(),
            Self::Members => person.is_member(),
            Self::Officers => person.is_officer(),
            Self::Board => person.is_board(),
        }
    }
}

const fn entry(path: &'static str, below: &'static str, label: &'static str, who: Who) -> Entry {
    Entry { path, below, label, who }
}

const ENTRIES: [Entry; 13] = [
    entry("/intranet", "", "Overview", Who::Everyone),
    entry("/intranet/quotes", "/intranet/quotes", "Quotes", Who::Members),
    entry("/intranet/groups", "/intranet/groups", "Groups", Who::Members),
    entry("/credits", "/credits", "Credits", Who::Known),
    entry("/intranet/gigs", "/intranet/gigs", "Gigs", Who::Members),
    entry("/intranet/merch/items", "/intranet/merch", "Merch", Who::Everyone),
    entry("/intranet/users", "/intranet/users", "Users", Who::Board),
    entry("/intranet/notifications", "/intranet/notifications", "Messages", Who::Officers),
    entry("/intranet/outbox", "/intranet/outbox", "Undelivered", Who::Officers),
    entry("/intranet/changes", "/intranet/changes", "Who did what", Who::Board),
    entry("/intranet/directory", "/intranet/directory", "Directory", Who::Board),
    entry("/status", "/status", "Status", Who::Officers),
    entry("/account", "/account", "Account", Who::Everyone),
];

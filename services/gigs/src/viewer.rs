//! Who looks: what they see depends on it.

use grove_identity::{
    Subject,
    caller::{Caller, Member},
};
use grove_shared::NetId;

/// Someone who reads, signed in or not.
#[derive(Debug, Clone)]
pub(crate) struct Viewer {
    pub(crate) netid: Option<NetId>,
    pub(crate) is_officer: bool,
}

impl From<&Caller> for Viewer {
    fn from(Caller(identity): &Caller) -> Self {
        match &identity.subject {
            Subject::Person { netid, roles, .. } => {
                Self { netid: Some(netid.clone()), is_officer: !roles.is_empty() }
            }
            Subject::Client | Subject::Service(_) => Self { netid: None, is_officer: false },
        }
    }
}

impl From<&Member> for Viewer {
    fn from(member: &Member) -> Self {
        Self { netid: Some(member.netid.clone()), is_officer: member.is_officer() }
    }
}

//! A change, as the service that makes it says it.

use std::fmt::Display;

use grove_identity::caller::{Member, Officer, Peer};
use grove_shared::{Call, NetId, Service};
use serde_json::Value;

/// Who makes a change.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct Actor(pub(crate) String);

impl From<&NetId> for Actor {
    fn from(netid: &NetId) -> Self {
        Self(netid.to_string())
    }
}

impl From<&Member> for Actor {
    fn from(member: &Member) -> Self {
        Self(member.netid.to_string())
    }
}

impl<C> From<&Officer<C>> for Actor {
    fn from(officer: &Officer<C>) -> Self {
        Self::from(&officer.0)
    }
}

/// A service that asked for the change.
impl<A> From<&Peer<A>> for Actor {
    fn from(peer: &Peer<A>) -> Self {
        Self(format!("service:{}", peer.name))
    }
}

/// The service itself.
impl From<Service> for Actor {
    fn from(service: Service) -> Self {
        Self(format!("service:{}", service.name))
    }
}

/// A change that is made now.
///
/// ```ignore
/// let approved = Change::new(&officer, "approved", "quote", id)
///     .about(&author)
///     .from(json!({ "approved": false }))
///     .to(json!({ "approved": true }))
///     .irreversible("Delete the quote instead.");
/// grove_audit::record(&mut transaction, approved, now).await?;
/// ```
#[derive(Debug, Clone)]
#[must_use = "a change is logged by `record`"]
pub struct Change {
    pub(crate) actor: Actor,
    pub(crate) action: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) object: String,
    pub(crate) about: Option<NetId>,
    pub(crate) before: Value,
    pub(crate) after: Value,
    pub(crate) undo: Option<Value>,
    pub(crate) irreversible: Option<&'static str>,
}

impl Change {
    /// `actor` did `action` (a verb in the past tense) to the thing of this kind that `object` identifies.
    pub fn new(
        actor: impl Into<Actor>,
        action: &'static str,
        kind: &'static str,
        object: impl Display,
    ) -> Self {
        Self {
            actor: actor.into(),
            action,
            kind,
            object: object.to_string(),
            about: None,
            before: Value::Null,
            after: Value::Null,
            undo: None,
            irreversible: None,
        }
    }

    /// The person whom it is about, who sees it too.
    pub fn about(mut self, netid: &NetId) -> Self {
        self.about = Some(netid.clone());
        self
    }

    /// What was true before, as far as it changes: states, amounts, `NetID`s.
    pub fn from(mut self, before: Value) -> Self {
        self.before = before;
        self
    }

    /// What is true from now on.
    pub fn to(mut self, after: Value) -> Self {
        self.after = after;
        self
    }

    /// The call of this service's own contract that takes it back, which an officer makes later.
    pub fn undone_by<T>(mut self, call: &Call<T>) -> Self {
        let body = call.body().ok().flatten().cloned().unwrap_or_default();
        self.undo = call.target().ok().map(|path| {
            serde_json::json!({ "method": call.method().as_str(), "path": path, "body": body })
        });
        self
    }

    /// Why nothing takes it back, and what to do instead, in a sentence of at most 200 characters.
    pub fn irreversible(mut self, why: &'static str) -> Self {
        self.irreversible = Some(why);
        self
    }
}

//! Who is behind a session's token.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use grove_shared::{
    ApiError, Clock, NetId, Role,
    api::{
        accounts::{AccountName, ResolvedSession, SessionToken},
        groups::OfficerRoles,
    },
    peer::{PeerError, Peers},
    token,
};
use http::{Method, StatusCode};
use serde_json::Value;

use crate::cache::Cache;

/// How long another gateway's logout, or a role given directly, may go unnoticed here.
const LIFETIME: Duration = Duration::from_secs(1);
/// Officers' sessions end sooner than those of members, which auth ends by itself.
const OFFICER_IDLE: TimeDelta = TimeDelta::hours(1);
const OFFICER_ABSOLUTE: TimeDelta = TimeDelta::hours(12);

/// A signed-in person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) netid: NetId,
    pub(crate) roles: Vec<Role>,
    pub(crate) session: u64,
}

/// The sessions and roles that auth and groups have told of.
#[derive(Debug)]
pub(crate) struct Sessions {
    peers: Peers,
    clock: Clock,
    tokens: Cache<[u8; 32], Option<Arc<ResolvedSession>>>,
    roles: Cache<NetId, Vec<Role>>,
}

impl Sessions {
    pub(crate) fn new(peers: Peers, clock: Clock) -> Self {
        let (tokens, roles) = (Cache::new(LIFETIME), Cache::new(LIFETIME));
        Self { peers, clock, tokens, roles }
    }

    /// The person that a token stands for; none when the session has ended.
    ///
    /// # Errors
    /// When auth or groups do not answer: then it is not known who asks.
    pub(crate) async fn person(&self, token: &str) -> Result<Option<Person>, ApiError> {
        let session = self.tokens.get(token::hash(token), self.resolve(token)).await?;
        let Some(session) = session else { return Ok(None) };
        let netid = session.netid.clone();
        let roles = self.roles.get(netid.clone(), self.roles_of(&netid)).await?;
        if !roles.is_empty() && self.is_over(&session) {
            self.end(token).await?;
            return Ok(None);
        }
        Ok(Some(Person { netid, roles, session: session.session }))
    }

    /// Forgets what may have changed.
    pub(crate) fn forget(&self) {
        self.tokens.clear();
        self.roles.clear();
    }

    fn is_over(&self, session: &ResolvedSession) -> bool {
        let now = self.clock.now();
        now - session.last_used_at > OFFICER_IDLE || now - session.created_at > OFFICER_ABSOLUTE
    }

    async fn resolve(&self, token: &str) -> Result<Option<Arc<ResolvedSession>>, ApiError> {
        let body = SessionToken { token: token.to_owned() };
        let path = "/internal/sessions/resolve";
        match self.peers.call::<ResolvedSession>("auth", Method::POST, path, &body).await {
            Ok(session) => Ok(Some(Arc::new(session))),
            Err(PeerError::Refused { status: StatusCode::NOT_FOUND, .. }) => Ok(None),
            Err(cause) => Err(unknown(cause)),
        }
    }

    async fn roles_of(&self, netid: &NetId) -> Result<Vec<Role>, ApiError> {
        let body = AccountName { netid: netid.clone() };
        let reply: Result<OfficerRoles, _> =
            self.peers.call("groups", Method::POST, "/internal/roles", &body).await;
        reply.map(|reply| reply.roles).map_err(unknown)
    }

    async fn end(&self, token: &str) -> Result<(), ApiError> {
        let body = SessionToken { token: token.to_owned() };
        let ended: Result<Value, _> =
            self.peers.call("auth", Method::POST, "/internal/sessions/end", &body).await;
        self.forget();
        ended.map(drop).map_err(unknown)
    }
}

fn unknown(cause: PeerError) -> ApiError {
    ApiError::unavailable("It cannot be checked who you are, please try again").because(cause)
}

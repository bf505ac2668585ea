//! Who is behind a session's token.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use grove_auth_api::{self as auth, ResolvedSession};
use grove_groups_api as groups;
use grove_http::ApiError;
use grove_identity::Subject;
use grove_shared::{CallError, Client, Clock, NetId, Role, Standing, token};
use grove_users_api as users;

use crate::{lookups::Lookups, services::Services};

/// How long a look-up counts. Another gateway's logout, or a role given directly, goes unnoticed for no more
/// than a second, with the time that a look-up takes.
const LIFETIME: Duration = Duration::from_millis(750);
/// Officers' sessions end sooner than those of members, which auth ends by itself.
const OFFICER_IDLE: TimeDelta = TimeDelta::hours(1);
const OFFICER_ABSOLUTE: TimeDelta = TimeDelta::hours(12);

/// The sessions, roles and standings that auth, groups and users have told of.
#[derive(Debug)]
pub(crate) struct Sessions {
    services: Services,
    clock: Clock,
    tokens: Lookups<[u8; 32], Option<Arc<ResolvedSession>>>,
    roles: Lookups<NetId, Vec<Role>>,
    standings: Lookups<NetId, Standing>,
}

impl Sessions {
    pub(crate) fn new(services: Services, clock: Clock) -> Self {
        Self {
            services,
            clock,
            tokens: Lookups::new(LIFETIME),
            roles: Lookups::new(LIFETIME),
            standings: Lookups::new(LIFETIME),
        }
    }

    /// The person that a token stands for; none when the session has ended.
    ///
    /// # Errors
    /// When auth, groups or users do not answer: then it is not known who asks.
    pub(crate) async fn person(&self, token: &str) -> Result<Option<Subject>, ApiError> {
        let Some(session) = self.session(token).await.map_err(unknown)? else { return Ok(None) };
        let netid = session.netid.clone();
        let (roles, standing) = tokio::join!(self.roles(&netid), self.standing(&netid));
        let (mut roles, standing) = (roles.map_err(unknown)?, standing?);
        if standing == Standing::Applicant {
            // Who has a place in a committee has no office before being a member.
            roles.clear();
        }
        if !roles.is_empty() && self.is_over(&session) {
            self.end(token).await?;
            return Ok(None);
        }
        Ok(Some(Subject::Person { netid, roles, standing, session: Some(session.session) }))
    }

    /// Whether a person is a member today.
    ///
    /// # Errors
    /// When users does not answer.
    pub(crate) async fn standing(&self, netid: &NetId) -> Result<Standing, ApiError> {
        let standing = self.standings.get(netid, || {
            let call = users::standing(netid);
            let services = self.services.clone();
            async move { Ok(services.call(call).await?.standing) }
        });
        standing.await.map_err(unknown)
    }

    /// Forgets what may have changed.
    pub(crate) fn forget(&self) {
        self.tokens.clear();
        self.roles.clear();
        self.standings.clear();
    }

    async fn session(&self, token: &str) -> Result<Option<Arc<ResolvedSession>>, CallError> {
        let hash = token::hash(token);
        let session = self.tokens.get(&hash, || {
            let call = auth::resolve_session(token);
            let services = self.services.clone();
            async move {
                match services.call(call).await {
                    Ok(session) => Ok(Some(Arc::new(session))),
                    Err(cause) if cause.is_not_found() => Ok(None),
                    Err(cause) => Err(cause),
                }
            }
        });
        session.await
    }

    async fn roles(&self, netid: &NetId) -> Result<Vec<Role>, CallError> {
        let roles = self.roles.get(netid, || {
            let call = groups::officer_roles(netid);
            let services = self.services.clone();
            async move { Ok(services.call(call).await?.roles) }
        });
        roles.await
    }

    fn is_over(&self, session: &ResolvedSession) -> bool {
        let now = self.clock.now();
        now - session.last_used_at > OFFICER_IDLE || now - session.created_at > OFFICER_ABSOLUTE
    }

    async fn end(&self, token: &str) -> Result<(), ApiError> {
        let ended = self.services.call(auth::end_session_of(token)).await;
        self.forget();
        ended.map(drop).map_err(unknown)
    }
}

fn unknown(cause: CallError) -> ApiError {
    ApiError::unavailable("It cannot be checked who you are, please try again").because(cause)
}

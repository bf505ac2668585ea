//! Finds out who a request comes from, and what its service is told of them.

use std::sync::Arc;

use grove_http::{ApiError, forwarded::TrustedProxies};
use grove_identity::{Identity, Subject};
use http::request::Parts;

use crate::{
    act_as,
    body::RequestBody,
    caller,
    clients::Scope,
    observe::Exchange,
    registry::{Application, Registry},
    routes::{Access, Route},
    session::Sessions,
};

/// Those who may call: applications, people, and the proxies that they come through.
#[derive(Debug)]
pub(crate) struct Callers {
    /// None when no client is asked for a token.
    pub(crate) registry: Option<Registry>,
    pub(crate) sessions: Sessions,
    pub(crate) proxies: TrustedProxies,
}

/// Who a request comes from.
#[derive(Debug)]
pub(crate) struct Requester {
    application: Option<Arc<Application>>,
    pub(crate) subject: Subject,
}

impl Callers {
    /// Finds out who asks: the application, then the person.
    pub(crate) async fn find(
        &self,
        route: &Route,
        parts: &Parts,
        body: &mut RequestBody,
        exchange: &mut Exchange<'_>,
    ) -> Result<Requester, ApiError> {
        if route.access == Access::Anyone {
            return Ok(Requester { application: None, subject: Subject::Client });
        }
        let application = match &self.registry {
            Some(registry) => Some(caller::application(registry, &parts.headers).await?),
            None => None,
        };
        exchange.client = application.as_ref().map(|application| application.name.clone());
        let person = caller::person(&self.sessions, &parts.headers, route.access).await?;
        let acts = application.as_ref().is_some_and(|application| application.may(Scope::ActAs));
        let subject = match person {
            Some(person) => person,
            None if acts => Box::pin(self.spoken_for(route, parts, body)).await?,
            None => Subject::Client,
        };
        if let Subject::Person { netid, .. } = &subject {
            exchange.netid = Some(netid.clone());
        }
        Ok(Requester { application, subject })
    }

    /// The member that an application speaks for, never with an officer's rights.
    async fn spoken_for(
        &self,
        route: &Route,
        parts: &Parts,
        body: &mut RequestBody,
    ) -> Result<Subject, ApiError> {
        let named = act_as::named(route.actor, &parts.headers, &parts.uri, body).await?;
        let Some(netid) = named else {
            let names_somebody = parts.headers.contains_key(caller::NETID);
            return if names_somebody && route.access > Access::Public {
                Err(ApiError::forbidden(
                    "This needs a session: no application does it for a member",
                ))
            } else {
                Ok(Subject::Client)
            };
        };
        let standing = self.sessions.standing(&netid).await?;
        if let Some(refusal) = standing.refusal() {
            return Err(ApiError::forbidden(refusal));
        }
        Ok(Subject::Person { netid, roles: Vec::new(), standing, session: None })
    }

    /// What the service is told of who asks.
    pub(crate) fn identity(&self, requester: Requester, parts: &Parts) -> Identity {
        let application = requester.application.as_deref();
        Identity {
            subject: requester.subject,
            client: application.map(|application| application.name.to_string()),
            address: caller::address(parts, application, &self.proxies),
        }
    }
}

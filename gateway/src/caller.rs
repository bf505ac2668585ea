//! Who a request comes from: the application, the address, the person.

use std::{net::IpAddr, sync::Arc};

use grove_shared::{ApiError, NetId, Role, forwarded::TrustedProxies, server::RemoteAddr};
use http::{HeaderMap, HeaderName, StatusCode, header, request::Parts};

use crate::{
    clients::Scope,
    registry::{Application, Registry},
    routes::Access,
    session::{Person, Sessions},
};

/// The session headers: those of members, and of the old credits and memes services.
static TOKENS: [HeaderName; 3] = [
    HeaderName::from_static("token"),
    HeaderName::from_static("credits-token"),
    HeaderName::from_static("meme-token"),
];
pub(crate) const NETID: HeaderName = HeaderName::from_static("netid");

/// The one who acts, as the signed identity will say.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Actor {
    /// An application on nobody's behalf.
    Client,
    /// A person; without a session when an application speaks for them.
    Person { netid: NetId, roles: Vec<Role>, session: Option<u64> },
}

impl From<Person> for Actor {
    fn from(person: Person) -> Self {
        Self::Person { netid: person.netid, roles: person.roles, session: Some(person.session) }
    }
}

impl Actor {
    pub(crate) fn netid(&self) -> Option<&NetId> {
        match self {
            Self::Client => None,
            Self::Person { netid, .. } => Some(netid),
        }
    }

    /// Refuses who may not call the route at all.
    pub(crate) fn authorize(&self, access: Access) -> Result<(), ApiError> {
        match (access, self) {
            (Access::Anyone | Access::Public, _) | (Access::Member, Self::Person { .. }) => Ok(()),
            (_, Self::Client) => Err(ApiError::unauthenticated()),
            (Access::Officer, Self::Person { roles, .. }) if roles.is_empty() => {
                Err(grove_shared::caller::not_an_officer())
            }
            (Access::Officer, Self::Person { .. }) => Ok(()),
        }
    }
}

/// The application whose token the request carries; old clients send it bare, others as `Bearer`.
pub(crate) async fn application(
    registry: &Registry,
    headers: &HeaderMap,
) -> Result<Arc<Application>, ApiError> {
    let token = only(headers, &header::AUTHORIZATION)?.unwrap_or_default();
    let token = match token.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => token,
    };
    let unknown = || ApiError::new(StatusCode::FORBIDDEN, "A registered client token is needed");
    if token.is_empty() {
        return Err(unknown());
    }
    registry.find(token).await?.ok_or_else(unknown)
}

/// The address that the request came from. Only a trusted application may name another.
pub(crate) fn address(
    parts: &Parts,
    application: Option<&Application>,
    proxies: &TrustedProxies,
) -> Option<IpAddr> {
    let remote = parts.extensions.get::<RemoteAddr>()?.0.ip();
    Some(match application {
        Some(application) if application.may(Scope::ForwardAddress) => {
            proxies.client_of_application(remote, &parts.headers)
        }
        _ => proxies.client(remote, &parts.headers),
    })
}

/// The person whose session the request carries. Where a person is not needed, one who is not known
/// is none.
pub(crate) async fn person(
    sessions: &Sessions,
    headers: &HeaderMap,
    access: Access,
) -> Result<Option<Person>, ApiError> {
    let Some(token) = session_token(headers)? else { return Ok(None) };
    // Boxed, as what is seldom waited for would make the future of every request large.
    let person = match Box::pin(sessions.person(token)).await {
        Ok(person) => person,
        Err(cause) if access == Access::Public => {
            tracing::warn!("a public route is served without the person: {}", cause.message());
            None
        }
        Err(cause) => return Err(cause),
    };
    let Some(person) = person else { return Ok(None) };
    let own = |netid: &str| netid == person.netid.as_str();
    if only(headers, &NETID)?.is_some_and(|netid| !own(netid)) {
        return Err(ApiError::forbidden("The Netid header names someone else"));
    }
    Ok(Some(person))
}

fn session_token(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let mut found = None;
    for name in &TOKENS {
        match (found, only(headers, name)?.filter(|token| !token.is_empty())) {
            (None, token) => found = token,
            (Some(first), Some(other)) if first != other => {
                return Err(ApiError::bad_request("The request carries two sessions"));
            }
            (Some(_), _) => {}
        }
    }
    Ok(found)
}

/// The value of a header that may be there once.
pub(crate) fn only<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a str>, ApiError> {
    let mut values = headers.get_all(name).into_iter();
    let Some(value) = values.next() else { return Ok(None) };
    let value = value.to_str().ok().filter(|_| values.next().is_none());
    let malformed =
        || ApiError::bad_request(format!("The header {name} must be there once, as text"));
    value.map(|value| Some(value.trim())).ok_or_else(malformed)
}

//! Who a request comes from: the application, the address, the person.

use std::{net::IpAddr, sync::Arc};

use grove_http::{ApiError, forwarded::TrustedProxies, server::RemoteAddr};
use grove_identity::{
    Subject,
    caller::{Admin, AdminOrTop4, AnyCommittee, Committees, Corporate, not_an_officer},
};
use http::{HeaderMap, HeaderName, StatusCode, header, request::Parts};

use crate::{
    clients::Scope,
    registry::{Application, Registry},
    routes::Access,
    session::Sessions,
};

/// The session headers: those of members, and of the old credits and memes services.
static TOKENS: [HeaderName; 3] = [
    HeaderName::from_static("token"),
    HeaderName::from_static("credits-token"),
    HeaderName::from_static("meme-token"),
];
pub(crate) const NETID: HeaderName = HeaderName::from_static("netid");

/// Refuses who may not call the route at all.
pub(crate) fn authorize(subject: &Subject, access: Access) -> Result<(), ApiError> {
    if matches!(access, Access::Anyone | Access::Public) {
        return Ok(());
    }
    let Subject::Person { roles, standing, .. } = subject else {
        return Err(ApiError::unauthenticated());
    };
    let committees = match access {
        Access::Anyone | Access::Public | Access::Person => return Ok(()),
        Access::Member => {
            return standing.refusal().map_or(Ok(()), |refusal| Err(ApiError::forbidden(refusal)));
        }
        Access::Officer => AnyCommittee::ROLES,
        Access::AdminOrTop4 => AdminOrTop4::ROLES,
        Access::Admin => Admin::ROLES,
        Access::Corporate => Corporate::ROLES,
    };
    if roles.iter().any(|role| committees.contains(role)) { Ok(()) } else { Err(not_an_officer()) }
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

/// The person whose session the request carries. A public route is served without them when it cannot be
/// found out who they are.
pub(crate) async fn person(
    sessions: &Sessions,
    headers: &HeaderMap,
    access: Access,
) -> Result<Option<Subject>, ApiError> {
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
    if only(headers, &NETID)?.is_some_and(|named| !is(&person, named)) {
        return Err(ApiError::forbidden("The Netid header names someone else"));
    }
    Ok(Some(person))
}

fn is(subject: &Subject, named: &str) -> bool {
    matches!(subject, Subject::Person { netid, .. } if netid.as_str() == named)
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

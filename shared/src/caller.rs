//! The extractors that are the permissions: a handler that takes an [`Officer`] runs for officers.

use std::{marker::PhantomData, net::IpAddr};

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;

use crate::{
    ApiError, NetId, Role,
    identity::{IDENTITY, Identity, Subject, Verifier},
};

/// Anyone whose request came through the gateway or from a service of Grove.
#[derive(Debug, Clone)]
pub struct Caller(pub Identity);

impl Caller {
    /// The address that the request came from, for counting tries.
    pub fn address(&self) -> Option<IpAddr> {
        self.0.address
    }
}

impl<S> FromRequestParts<S> for Caller
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let token = parts.headers.get(IDENTITY).and_then(|value| value.to_str().ok());
        let token = token.ok_or_else(ApiError::unauthenticated)?;
        let identity = Verifier::from_ref(state).verify(token);
        identity.map(Self).map_err(|cause| ApiError::unauthenticated().because(cause))
    }
}

/// A signed-in person.
#[derive(Debug, Clone)]
pub struct Member {
    /// Their login name.
    pub netid: NetId,
    /// The officer roles they hold.
    pub roles: Vec<Role>,
    /// The session they use; none when an application speaks for them.
    pub session: Option<u64>,
}

impl Member {
    /// Whether they hold any officer role.
    pub fn is_officer(&self) -> bool {
        !self.roles.is_empty()
    }
}

impl<S> FromRequestParts<S> for Member
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Caller::from_request_parts(parts, state).await?.0.subject {
            Subject::Person { netid, roles, session } => Ok(Self { netid, roles, session }),
            Subject::Client | Subject::Service(_) => Err(ApiError::unauthenticated()),
        }
    }
}

/// A signed-in person of one of the committees admin, top4 and corporate.
#[derive(Debug, Clone)]
pub struct Officer(pub Member);

impl<S> FromRequestParts<S> for Officer
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let member = Member::from_request_parts(parts, state).await?;
        if member.is_officer() { Ok(Self(member)) } else { Err(not_an_officer()) }
    }
}

/// 403 for a person who is no officer.
pub fn not_an_officer() -> ApiError {
    ApiError::forbidden("Request did not originate from valid admin privileges")
}

/// Which services may make a call that is not for people.
pub trait AllowList {
    /// Their names, such as `users`.
    const SERVICES: &'static [&'static str];
}

/// A service on the callee's allow list `A`.
#[derive(Debug, Clone)]
pub struct Peer<A> {
    /// The calling service.
    pub name: String,
    list: PhantomData<A>,
}

impl<A: AllowList, S> FromRequestParts<S> for Peer<A>
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Caller::from_request_parts(parts, state).await?.0.subject {
            Subject::Service(name) if A::SERVICES.contains(&name.as_str()) => {
                Ok(Self { name, list: PhantomData })
            }
            _ => Err(ApiError::forbidden("This call is for services only")),
        }
    }
}

//! The extractors that are the permissions: a handler that takes an [`Officer`] runs for officers.

use std::{marker::PhantomData, net::IpAddr};

use axum::extract::{FromRef, FromRequestParts};
use grove_http::ApiError;
use grove_shared::{NetId, Role, Standing};
use http::request::Parts;

use crate::{IDENTITY, Identity, Subject, Verifier};

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
        // Several extractors of a handler ask; the signature is checked once.
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let token = parts.headers.get(IDENTITY).and_then(|value| value.to_str().ok());
        let token = token.ok_or_else(ApiError::unauthenticated)?;
        let identity = Verifier::from_ref(state).verify(token);
        let identity = identity.map_err(|cause| ApiError::unauthenticated().because(cause))?;
        let caller = Self(identity);
        parts.extensions.insert(caller.clone());
        Ok(caller)
    }
}

/// A signed-in person, whether or not they are a member of the chapter today.
#[derive(Debug, Clone)]
pub struct Member {
    /// Their login name.
    pub netid: NetId,
    /// The officer roles they hold.
    pub roles: Vec<Role>,
    /// Whether they are a member of the chapter today.
    pub standing: Standing,
    /// The session they use; none when an application speaks for them.
    pub session: Option<u64>,
}

impl Member {
    /// Whether they hold any officer role.
    pub fn is_officer(&self) -> bool {
        !self.roles.is_empty()
    }

    /// Whether they are in one of the committees `C`.
    pub fn is_one_of<C: Committees>(&self) -> bool {
        self.roles.iter().any(|role| C::ROLES.contains(role))
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
            Subject::Person { netid, roles, standing, session } => {
                Ok(Self { netid, roles, standing, session })
            }
            Subject::Client | Subject::Service(_) => Err(ApiError::unauthenticated()),
        }
    }
}

/// A signed-in person who is a member of the chapter today. Others get 403 and are told what to do.
#[derive(Debug, Clone)]
pub struct CurrentMember(pub Member);

impl<S> FromRequestParts<S> for CurrentMember
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let member = Member::from_request_parts(parts, state).await?;
        match member.standing.refusal() {
            None => Ok(Self(member)),
            Some(refusal) => Err(ApiError::forbidden(refusal)),
        }
    }
}

/// A signed-in person of one of the committees `C`.
#[derive(Debug, Clone)]
pub struct Officer<C = AnyCommittee>(
    /// The person.
    pub Member,
    /// The committees that were asked for.
    pub PhantomData<C>,
);

/// Committees whose members may do something.
pub trait Committees {
    /// Their roles; one of them is enough.
    const ROLES: &'static [Role];
}

/// Any of the officers' committees: admin, top4, corporate.
#[derive(Debug, Clone, Copy)]
pub struct AnyCommittee;

impl Committees for AnyCommittee {
    const ROLES: &'static [Role] = &Role::ALL;
}

/// The committee admin alone.
#[derive(Debug, Clone, Copy)]
pub struct Admin;

impl Committees for Admin {
    const ROLES: &'static [Role] = &[Role::Admin];
}

/// The committees admin and top4.
#[derive(Debug, Clone, Copy)]
pub struct AdminOrTop4;

impl Committees for AdminOrTop4 {
    const ROLES: &'static [Role] = &[Role::Admin, Role::Top4];
}

/// The committee corporate alone.
#[derive(Debug, Clone, Copy)]
pub struct Corporate;

impl Committees for Corporate {
    const ROLES: &'static [Role] = &[Role::Corporate];
}

impl<C: Committees, S> FromRequestParts<S> for Officer<C>
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let member = Member::from_request_parts(parts, state).await?;
        if member.is_one_of::<C>() { Ok(Self(member, PhantomData)) } else { Err(not_an_officer()) }
    }
}

/// 403 for a person who is no officer, or one of another committee.
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

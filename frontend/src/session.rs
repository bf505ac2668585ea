//! Who the visitor is: extractors that are the permissions of pages.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::extract::FromRequestParts;
use chrono::{DateTime, TimeDelta, Utc};
use grove_auth_api as auth;
use grove_groups_api as groups;
use grove_shared::{CallError, Client, Clock, Role, token};
use grove_users_api as users;
use http::{StatusCode, request::Parts};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    AppState,
    error::PageError,
    exchange::Exchange,
    gateway::Gateway,
    person::{Known, Person},
};

/// Anyone, signed in or not.
#[derive(Debug, Clone)]
pub struct Visitor(pub Option<Arc<Person>>);

/// Someone who is signed in; others are sent to the login page.
#[derive(Debug, Clone)]
pub struct SignedIn(pub Arc<Person>);

/// A member of today, or an officer; others get 403 and learn what comes first.
#[derive(Debug, Clone)]
pub struct MemberVisitor(pub Arc<Person>);

/// Someone who is a member or was one, or an officer; others get 403 and learn what comes first.
#[derive(Debug, Clone)]
pub struct KnownVisitor(pub Arc<Person>);

/// Someone with an officer role; other members get 403.
#[derive(Debug, Clone)]
pub struct OfficerVisitor(pub Arc<Person>);

/// An officer of the committees admin and top4; others get 403.
#[derive(Debug, Clone)]
pub struct BoardVisitor(pub Arc<Person>);

/// An officer of the committee admin; others get 403.
#[derive(Debug, Clone)]
pub struct AdminVisitor(pub Arc<Person>);

impl FromRequestParts<AppState> for Visitor {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, PageError> {
        Ok(Self(find_out(&Exchange::of(parts)?, state).await.unwrap_or_default()))
    }
}

impl FromRequestParts<AppState> for SignedIn {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, PageError> {
        let exchange = Exchange::of(parts)?;
        let person = find_out(&exchange, state).await?;
        person.map(Self).ok_or(PageError::SignIn)
    }
}

/// The person who is signed in, if `may` lets them; others get 403 with `sentence`.
async fn permitted(
    parts: &mut Parts,
    state: &AppState,
    may: fn(&Person) -> bool,
    sentence: &'static str,
) -> Result<Arc<Person>, PageError> {
    let SignedIn(person) = SignedIn::from_request_parts(parts, state).await?;
    if may(&person) { Ok(person) } else { Err(PageError::Forbidden(sentence.into())) }
}

impl FromRequestParts<AppState> for MemberVisitor {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, PageError> {
        let SignedIn(person) = SignedIn::from_request_parts(parts, state).await?;
        if person.is_member() {
            return Ok(Self(person));
        }
        Err(PageError::NotMember(person.standing()))
    }
}

impl FromRequestParts<AppState> for KnownVisitor {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, PageError> {
        let SignedIn(person) = SignedIn::from_request_parts(parts, state).await?;
        if person.has_been_member() {
            return Ok(Self(person));
        }
        Err(PageError::NotMember(person.standing()))
    }
}

impl FromRequestParts<AppState> for OfficerVisitor {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, PageError> {
        let sentence = "This page is for officers of the chapter.";
        permitted(parts, state, Person::is_officer, sentence).await.map(Self)
    }
}

impl FromRequestParts<AppState> for BoardVisitor {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, PageError> {
        let sentence = "This page is for officers of the committees admin and top4.";
        permitted(parts, state, Person::is_board, sentence).await.map(Self)
    }
}

impl FromRequestParts<AppState> for AdminVisitor {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, PageError> {
        let sentence = "This page is for officers of the committee admin.";
        permitted(parts, state, Person::is_admin, sentence).await.map(Self)
    }
}

/// Finds out who the visitor is, once for an exchange. An ended session is forgotten.
pub(crate) async fn find_out(exchange: &Exchange, state: &AppState) -> Known {
    let ask = || async {
        let Some(session) = exchange.session() else { return Ok(None) };
        if let Some(person) = state.people.find(&session, &state.clock) {
            return Ok(Some(person));
        }
        match ask_gateway(&Gateway::of(exchange, state)).await {
            Ok(person) => {
                let person = Arc::new(person);
                state.people.keep(&session, &person, &state.clock);
                Ok(Some(person))
            }
            Err(CallError::Refused { status, .. }) if status != StatusCode::TOO_MANY_REQUESTS => {
                exchange.forget_session();
                Ok(None)
            }
            Err(error) => Err(error),
        }
    };
    exchange.visitor().get_or_init(ask).await.clone()
}

async fn ask_gateway(gateway: &Gateway) -> Result<Person, CallError> {
    match gateway.call(users::me()).await {
        Ok(profile) => Ok(Person {
            netid: profile.user.netid.clone(),
            first_name: profile.user.first_name.clone(),
            last_name: profile.user.last_name.clone(),
            roles: profile.roles.clone(),
            profile: Some(profile),
        }),
        Err(error) if error.is_not_found() => without_record(gateway).await,
        Err(error) => Err(error),
    }
}

/// Someone with an account and no record in users.
async fn without_record(gateway: &Gateway) -> Result<Person, CallError> {
    let owner = gateway.call(auth::own_session()).await?.account;
    let netid = owner.netid.as_str();
    let holds = |role: Role| gateway.call(groups::is_member("committees", role.as_str(), netid));
    let (admin, top4, corporate) =
        tokio::join!(holds(Role::Admin), holds(Role::Top4), holds(Role::Corporate));
    let held = [(Role::Admin, admin), (Role::Top4, top4), (Role::Corporate, corporate)];
    // Without the groups service people are no officers, but they are still signed in.
    let held =
        held.into_iter().filter(|(_, check)| check.as_ref().is_ok_and(|check| check.is_valid));
    Ok(Person {
        roles: held.map(|(role, _)| role).collect(),
        netid: owner.netid.to_string(),
        first_name: owner.first_name,
        last_name: owner.last_name,
        profile: None,
    })
}

/// The people behind recently seen sessions, for a moment: a page and the requests that follow it
/// ask once.
#[derive(Debug, Clone, Default)]
pub struct People(Arc<Mutex<HashMap<[u8; 32], Seen>>>);

#[derive(Debug)]
struct Seen {
    at: DateTime<Utc>,
    person: Arc<Person>,
}

impl People {
    const LIFETIME: TimeDelta = TimeDelta::seconds(1);
    const MOST: usize = 1024;

    fn find(&self, session: &SecretString, clock: &Clock) -> Option<Arc<Person>> {
        let now = clock.now();
        self.with(|people| {
            let seen = people.get(&token::hash(session.expose_secret()))?;
            seen.is_fresh(now).then(|| Arc::clone(&seen.person))
        })
    }

    fn keep(&self, session: &SecretString, person: &Arc<Person>, clock: &Clock) {
        let at = clock.now();
        self.with(|people| {
            if people.len() >= Self::MOST {
                people.retain(|_, seen| seen.is_fresh(at));
            }
            if people.len() < Self::MOST {
                let seen = Seen { at, person: Arc::clone(person) };
                people.insert(token::hash(session.expose_secret()), seen);
            }
        });
    }

    /// Forgets a session, as it has ended or its person has changed.
    pub fn forget(&self, session: &SecretString) {
        self.with(|people| people.remove(&token::hash(session.expose_secret())));
    }

    fn with<T>(&self, work: impl FnOnce(&mut HashMap<[u8; 32], Seen>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Seen {
    /// A clock that went back makes it stale.
    fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        (TimeDelta::zero()..People::LIFETIME).contains(&(now - self.at))
    }
}

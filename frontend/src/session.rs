//! Who the visitor is: extractors that are the permissions of pages.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::extract::FromRequestParts;
use chrono::{DateTime, TimeDelta, Utc};
use grove_shared::{Clock, Role, api::users::Profile, token};
use http::{StatusCode, request::Parts};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    AppState,
    error::PageError,
    exchange::Exchange,
    gateway::{Gateway, GatewayError},
};

/// Someone who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their login name.
    pub netid: String,
    /// Their given name; empty when nobody knows it.
    pub first_name: String,
    /// Their family name.
    pub last_name: String,
    /// The officer roles they hold.
    pub roles: Vec<Role>,
    /// Their own record; someone with an account need not have one.
    pub profile: Option<Profile>,
}

impl Person {
    /// Whether they hold any officer role.
    pub fn is_officer(&self) -> bool {
        !self.roles.is_empty()
    }

    /// Whether they hold this role: `admin`, `top4` or `corporate`.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|held| held.as_str() == role)
    }

    /// How to address them.
    pub fn name(&self) -> &str {
        if self.first_name.is_empty() { &self.netid } else { &self.first_name }
    }
}

/// What is known of a visitor: nobody, someone, or that the gateway does not answer.
pub(crate) type Known = Result<Option<Arc<Person>>, GatewayError>;

/// Anyone, signed in or not.
#[derive(Debug, Clone)]
pub struct Visitor(pub Option<Arc<Person>>);

/// Someone who is signed in; others are sent to the login page.
#[derive(Debug, Clone)]
pub struct SignedIn(pub Arc<Person>);

/// Someone with an officer role; other members get 403.
#[derive(Debug, Clone)]
pub struct OfficerVisitor(pub Arc<Person>);

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
        let next = if exchange.reads() { exchange.target() } else { "/" };
        let person = find_out(&exchange, state).await?;
        person.map(Self).ok_or_else(|| PageError::SignIn(next.to_owned()))
    }
}

impl FromRequestParts<AppState> for OfficerVisitor {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, PageError> {
        let SignedIn(person) = SignedIn::from_request_parts(parts, state).await?;
        if person.is_officer() {
            return Ok(Self(person));
        }
        Err(PageError::Forbidden("This page is for officers of the chapter.".into()))
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
            Err(GatewayError::Refused { status, .. })
                if status != StatusCode::TOO_MANY_REQUESTS =>
            {
                exchange.forget_session();
                Ok(None)
            }
            Err(error) => Err(error),
        }
    };
    exchange.visitor().get_or_init(ask).await.clone()
}

async fn ask_gateway(gateway: &Gateway) -> Result<Person, GatewayError> {
    let mut person = match gateway.me().await {
        Ok(profile) => Person {
            netid: profile.user.netid.clone(),
            first_name: profile.user.first_name.clone(),
            last_name: profile.user.last_name.clone(),
            roles: Vec::new(),
            profile: Some(profile),
        },
        Err(GatewayError::Refused { status: StatusCode::NOT_FOUND, .. }) => {
            let owner = gateway.session_owner().await?;
            Person {
                netid: owner.name,
                first_name: owner.first_name,
                last_name: owner.last_name,
                roles: Vec::new(),
                profile: None,
            }
        }
        Err(error) => return Err(error),
    };
    let holds = |role: Role| gateway.is_in("committees", role.as_str(), &person.netid);
    let (admin, top4, corporate) =
        tokio::join!(holds(Role::Admin), holds(Role::Top4), holds(Role::Corporate));
    let held = [(Role::Admin, admin), (Role::Top4, top4), (Role::Corporate, corporate)];
    // Without the groups service people are no officers, but they are still signed in.
    let held = held.into_iter().filter(|(_, held)| held.as_ref().is_ok_and(|held| *held));
    person.roles = held.map(|(role, _)| role).collect();
    Ok(person)
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

/// The login page, which leads to `next` afterwards.
pub(crate) fn login_url(next: &str) -> String {
    if next == "/" {
        return "/login".to_owned();
    }
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    format!("/login?{}", query.append_pair("next", next).finish())
}

/// `next` if it stays on this website, else nothing: browsers read `//host`, `/\host` and tabs
/// within either as other hosts.
pub(crate) fn local_path(next: &str) -> Option<&str> {
    let rest = next.strip_prefix('/')?;
    let safe = !rest.starts_with(['/', '\\']) && !next.contains(|c: char| c.is_control());
    (safe && next.is_ascii()).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn only_paths_of_this_website_are_local() {
        for good in ["/", "/intranet", "/login?next=%2Fx", "/a//b"] {
            assert_eq!(local_path(good), Some(good));
        }
        for bad in
            ["", "x", "//evil.example", "/\\evil.example", "https://evil.example", "/\t/x", "/a\nb"]
        {
            assert_eq!(local_path(bad), None, "{bad:?}");
        }
    }
}

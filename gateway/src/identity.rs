//! Signs who a request comes from, for the service that it goes to.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use grove_shared::{
    ApiError,
    identity::{Identity, SigningKey, Subject},
};
use http::HeaderValue;

use crate::caller::Actor;

/// A signature counts for a minute, so what is this old has enough of it left.
const LIFETIME: Duration = Duration::from_secs(20);
const MAX_ENTRIES: usize = 10_000;

/// What an identity says and to whom.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Statement {
    pub(crate) actor: Actor,
    pub(crate) client: Option<Arc<str>>,
    pub(crate) address: Option<IpAddr>,
    pub(crate) service: &'static str,
}

/// Signs with the gateway's key, and remembers what it signed.
#[derive(Debug)]
pub(crate) struct Signer {
    key: SigningKey,
    signed: Mutex<HashMap<Statement, (Instant, HeaderValue)>>,
}

impl Signer {
    pub(crate) fn new(key: SigningKey) -> Self {
        Self { key, signed: Mutex::default() }
    }

    /// The value of the identity header.
    pub(crate) fn sign(&self, statement: Statement) -> Result<HeaderValue, ApiError> {
        let now = Instant::now();
        let fresh = |at: &Instant| now.duration_since(*at) < LIFETIME;
        if let Some((at, value)) = self.signed().get(&statement)
            && fresh(at)
        {
            return Ok(value.clone());
        }
        let token = self.key.sign(&identity(&statement), statement.service);
        let token = token.map_err(ApiError::internal)?;
        let mut value = HeaderValue::try_from(token).map_err(ApiError::internal)?;
        value.set_sensitive(true);
        let mut signed = self.signed();
        if signed.len() >= MAX_ENTRIES {
            signed.retain(|_, (at, _)| fresh(at));
        }
        if signed.len() >= MAX_ENTRIES {
            signed.clear();
        }
        signed.insert(statement, (now, value.clone()));
        Ok(value)
    }

    fn signed(&self) -> std::sync::MutexGuard<'_, HashMap<Statement, (Instant, HeaderValue)>> {
        self.signed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn identity(statement: &Statement) -> Identity {
    let subject = match statement.actor.clone() {
        Actor::Client => Subject::Client,
        Actor::Person { netid, roles, session } => Subject::Person { netid, roles, session },
    };
    let client = statement.client.as_deref().map(str::to_owned);
    Identity { subject, client, address: statement.address }
}

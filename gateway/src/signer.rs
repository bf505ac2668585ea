//! Signs who a request comes from, for the service that it goes to.

use std::{
    fmt,
    time::{Duration, Instant},
};

use grove_http::ApiError;
use grove_identity::{Identity, SigningKey};
use http::HeaderValue;
use quick_cache::sync::Cache;

/// A signature counts for a minute, so what is this old has enough of it left.
const LIFETIME: Duration = Duration::from_secs(20);
const MAX_ENTRIES: usize = 10_000;

/// What is signed, and for which service.
type Statement = (Identity, &'static str);

/// Signs with the gateway's key, and remembers what it signed.
pub(crate) struct Signer {
    key: SigningKey,
    signed: Cache<Statement, (Instant, HeaderValue)>,
}

impl Signer {
    pub(crate) fn new(key: SigningKey) -> Self {
        Self { key, signed: Cache::new(MAX_ENTRIES) }
    }

    /// The value of the identity header.
    pub(crate) fn sign(
        &self,
        identity: Identity,
        service: &'static str,
    ) -> Result<HeaderValue, ApiError> {
        let statement = (identity, service);
        if let Some((at, value)) = self.signed.get(&statement)
            && at.elapsed() < LIFETIME
        {
            return Ok(value);
        }
        let token = self.key.sign(&statement.0, service).map_err(ApiError::internal)?;
        let mut value = HeaderValue::try_from(token).map_err(ApiError::internal)?;
        value.set_sensitive(true);
        self.signed.insert(statement, (Instant::now(), value.clone()));
        Ok(value)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("key", &self.key).finish_non_exhaustive()
    }
}

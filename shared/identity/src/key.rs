//! The keys that identities are signed and checked with. Those from files can be rotated while the
//! programs run: first everyone trusts the new key beside the old one, then its owner signs with it.

use std::{collections::HashMap, fmt, path::PathBuf, str::FromStr, sync::Arc};

use anyhow::Context;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::VerifyingKey;
use grove_shared::{Clock, config::IdentityConfig, reload::Reloaded};
use secrecy::{ExposeSecret, SecretString};

use crate::{Claims, Identity, LIFETIME_SECONDS, Subject, token};

/// The private key of the gateway or of a service.
#[derive(Clone)]
pub struct SigningKey {
    owner: String,
    key: Arc<Reloaded<ed25519_dalek::SigningKey>>,
    clock: Clock,
}

impl SigningKey {
    /// Makes the secret of a new key: 32 random bytes in base64url.
    pub fn generate_secret() -> SecretString {
        grove_shared::token::generate()
    }

    /// Takes the key of `owner` from its secret.
    ///
    /// # Errors
    /// When the secret is not 32 bytes in base64url.
    pub fn new(owner: &str, secret: &SecretString) -> anyhow::Result<Self> {
        Ok(Self::of(owner, Reloaded::fixed(private_key(secret.expose_secret().trim())?)))
    }

    /// Takes the key of `owner` from a file, and takes it again when the file changes.
    ///
    /// # Errors
    /// When the file cannot be read or holds no key.
    pub fn from_file(owner: &str, path: PathBuf) -> anyhow::Result<Self> {
        Ok(Self::of(owner, Reloaded::from_file(path, private_key)?))
    }

    /// The key of the program `owner`. From a file it is read again when the file changes.
    ///
    /// # Errors
    /// When no key is configured or it is malformed.
    pub fn from_config(config: &IdentityConfig, owner: &str) -> anyhow::Result<Self> {
        match (&config.identity_key, &config.identity_key_file) {
            (Some(key), _) => Self::new(owner, key),
            (None, Some(file)) => Self::from_file(owner, file.clone()),
            (None, None) => anyhow::bail!("set IDENTITY_KEY or IDENTITY_KEY_FILE"),
        }
    }

    fn of(owner: &str, key: Reloaded<ed25519_dalek::SigningKey>) -> Self {
        Self { owner: owner.to_owned(), key: Arc::new(key), clock: Clock::system() }
    }

    /// The same by another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Whose key it is.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The owner and the public half, as [`TrustedKeys`] reads them: `owner=key`.
    pub fn public(&self) -> String {
        let key = BASE64_URL_SAFE_NO_PAD.encode(self.key.get().verifying_key().as_bytes());
        format!("{}={key}", self.owner)
    }

    /// Signs `identity` for one `audience`, for one minute from now.
    ///
    /// # Errors
    /// When signing fails, which a valid key never does.
    pub fn sign(&self, identity: &Identity, audience: &str) -> anyhow::Result<String> {
        let (sub, roles, standing, sid) = match &identity.subject {
            Subject::Person { netid, roles, standing, session } => {
                (format!("person:{netid}"), roles.clone(), Some(*standing), *session)
            }
            Subject::Client => ("client".to_owned(), Vec::new(), None, None),
            Subject::Service(name) => (format!("service:{name}"), Vec::new(), None, None),
        };
        let claims = Claims {
            iss: self.owner.clone(),
            aud: audience.to_owned(),
            sub,
            exp: self.clock.now().timestamp() + LIFETIME_SECONDS,
            roles,
            standing,
            sid,
            client: identity.client.clone(),
            addr: identity.address,
        };
        token::sign(&claims, &self.owner, &self.key.get())
    }

    /// Signs as the owner itself, for a call to `audience`.
    ///
    /// # Errors
    /// As [`SigningKey::sign`].
    pub fn sign_own(&self, audience: &str) -> anyhow::Result<String> {
        let subject = Subject::Service(self.owner.clone());
        self.sign(&Identity { subject, client: None, address: None }, audience)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.owner)
    }
}

fn private_key(secret: &str) -> anyhow::Result<ed25519_dalek::SigningKey> {
    let seed: Option<[u8; 32]> =
        BASE64_URL_SAFE_NO_PAD.decode(secret).ok().and_then(|bytes| bytes.try_into().ok());
    let seed =
        seed.context("an identity key is 32 bytes in base64url, as `grove keys` makes it")?;
    Ok(ed25519_dalek::SigningKey::from_bytes(&seed))
}

/// The public keys of everyone whose signature counts. An owner may have several: while a key is
/// rotated the old one counts beside the new one.
#[derive(Clone)]
pub struct TrustedKeys(Arc<Reloaded<Keys>>);

/// Public keys by owner.
pub(crate) type Keys = HashMap<String, Vec<VerifyingKey>>;

impl TrustedKeys {
    /// The keys that a program trusts. From a file they are read again when the file changes.
    ///
    /// # Errors
    /// When no keys are configured or one is malformed.
    pub fn from_config(config: &IdentityConfig) -> anyhow::Result<Self> {
        match (&config.trusted_keys, &config.trusted_keys_file) {
            (Some(keys), _) => keys.expose_secret().parse(),
            (None, Some(file)) => Self::from_file(file.clone()),
            (None, None) => anyhow::bail!("set TRUSTED_KEYS or TRUSTED_KEYS_FILE"),
        }
    }

    /// Takes the keys from a file, and takes them again when the file changes.
    ///
    /// # Errors
    /// When the file cannot be read or one of its keys is malformed.
    pub fn from_file(path: PathBuf) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(Reloaded::from_file(path, keys)?)))
    }

    pub(crate) fn get(&self) -> Arc<Keys> {
        self.0.get()
    }

    /// The keys, if the file has changed since they were read.
    pub(crate) fn changed(&self) -> Option<Arc<Keys>> {
        self.0.changed()
    }
}

impl FromStr for TrustedKeys {
    type Err = anyhow::Error;

    /// Reads `owner=key` pairs, separated by commas or white space.
    fn from_str(text: &str) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(Reloaded::fixed(keys(text)?))))
    }
}

fn keys(text: &str) -> anyhow::Result<Keys> {
    let pairs = text.split([',', ' ', '\n', '\t', '\r']).filter(|pair| !pair.is_empty());
    let mut keys = Keys::new();
    for pair in pairs {
        let (owner, key) = pair.split_once('=').context("a trusted key is owner=key")?;
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(key).ok().and_then(|key| key.try_into().ok());
        let key = bytes.and_then(|key| VerifyingKey::from_bytes(&key).ok());
        let key = key.with_context(|| format!("the key of {owner} is no public key"))?;
        keys.entry(owner.to_owned()).or_default().push(key);
    }
    Ok(keys)
}

impl fmt::Debug for TrustedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.get().keys()).finish()
    }
}

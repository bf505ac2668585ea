//! The keys that identities are signed and checked with. Those from files can be rotated while the
//! programs run: first everyone trusts the new key beside the old one, then its owner signs with it.

use std::{collections::HashMap, fmt, path::PathBuf, str::FromStr, sync::Arc};

use anyhow::{Context, ensure};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};

use super::{Claims, Identity, LIFETIME_SECONDS, Subject};
use crate::{Clock, reload::Reloaded};

/// The private key of the gateway or of a service.
#[derive(Clone)]
pub struct SigningKey {
    owner: String,
    pair: Arc<Reloaded<KeyPair>>,
}

struct KeyPair {
    private: EncodingKey,
    public: String,
}

impl SigningKey {
    /// Makes the secret of a new key: 32 random bytes in base64url.
    pub fn generate_secret() -> SecretString {
        crate::token::generate()
    }

    /// Takes the key of `owner` from its secret.
    ///
    /// # Errors
    /// When the secret is not 32 bytes in base64url.
    pub fn new(owner: &str, secret: &SecretString) -> anyhow::Result<Self> {
        let pair = Reloaded::fixed(KeyPair::new(secret.expose_secret().trim())?);
        Ok(Self { owner: owner.to_owned(), pair: Arc::new(pair) })
    }

    /// Takes the key of `owner` from a file, and takes it again when the file changes.
    ///
    /// # Errors
    /// When the file cannot be read or holds no key.
    pub fn from_file(owner: &str, path: PathBuf) -> anyhow::Result<Self> {
        let pair = Reloaded::from_file(path, KeyPair::new)?;
        Ok(Self { owner: owner.to_owned(), pair: Arc::new(pair) })
    }

    /// Whose key it is.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The owner and the public half, as [`TrustedKeys`] reads them: `owner=key`.
    pub fn public(&self) -> String {
        format!("{}={}", self.owner, self.pair.get().public)
    }

    /// Signs `identity` for one `audience`, for one minute from now.
    ///
    /// # Errors
    /// When signing fails, which a valid key never does.
    pub fn sign(&self, identity: &Identity, audience: &str) -> anyhow::Result<String> {
        let (sub, roles, sid) = match &identity.subject {
            Subject::Person { netid, roles, session } => {
                (format!("person:{netid}"), roles.clone(), *session)
            }
            Subject::Client => ("client".to_owned(), Vec::new(), None),
            Subject::Service(name) => (format!("service:{name}"), Vec::new(), None),
        };
        let claims = Claims {
            iss: self.owner.clone(),
            aud: audience.to_owned(),
            sub,
            exp: Clock::system().now().timestamp() + LIFETIME_SECONDS,
            roles,
            sid,
            client: identity.client.clone(),
            addr: identity.address,
        };
        let header = Header { kid: Some(self.owner.clone()), ..Header::new(Algorithm::EdDSA) };
        Ok(jsonwebtoken::encode(&header, &claims, &self.pair.get().private)?)
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

impl KeyPair {
    fn new(secret: &str) -> anyhow::Result<Self> {
        // An Ed25519 private key in PKCS #8 (RFC 8410, section 7) is this prefix and the seed.
        const PKCS8: &[u8] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
        let seed: [u8; 32] = BASE64_URL_SAFE_NO_PAD
            .decode(secret)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .context("an identity key is 32 bytes in base64url, as `grove keys` makes it")?;
        let public = ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key();
        Ok(Self {
            private: EncodingKey::from_ed_der(&[PKCS8, &seed].concat()),
            public: BASE64_URL_SAFE_NO_PAD.encode(public.as_bytes()),
        })
    }
}

/// The public keys of everyone whose signature counts. An owner may have several: while a key is
/// rotated the old one counts beside the new one.
#[derive(Clone)]
pub struct TrustedKeys(Arc<Reloaded<Keys>>);

/// Public keys by owner.
pub(super) type Keys = HashMap<String, Vec<DecodingKey>>;

impl TrustedKeys {
    /// Takes the keys from a file, and takes them again when the file changes.
    ///
    /// # Errors
    /// When the file cannot be read or one of its keys is malformed.
    pub fn from_file(path: PathBuf) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(Reloaded::from_file(path, keys)?)))
    }

    pub(super) fn get(&self) -> Arc<Keys> {
        self.0.get()
    }

    /// The keys, if the file has changed since they were read.
    pub(super) fn changed(&self) -> Option<Arc<Keys>> {
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
        // jsonwebtoken takes any bytes for a key, and panics when it checks a signature.
        let known = bytes.is_some_and(|key| ed25519_dalek::VerifyingKey::from_bytes(&key).is_ok());
        ensure!(known, "the key of {owner} is no public key");
        keys.entry(owner.to_owned()).or_default().push(DecodingKey::from_ed_components(key)?);
    }
    Ok(keys)
}

impl fmt::Debug for TrustedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.get().keys()).finish()
    }
}

//! Who is calling, signed: a JWT (RFC 7519, `EdDSA`) that lives one minute and names its audience.
//!
//! The gateway signs what it knows of a person or client application; a service that calls another
//! signs for itself. Each has its own key, and a key may only speak for its owner (ADR 2).

use std::{collections::HashMap, fmt, net::IpAddr, str::FromStr, sync::Arc};

use anyhow::{Context, ensure};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::HeaderName;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::{Clock, netid::NetId, role::Role};

/// The header that carries a signed identity.
pub const IDENTITY: HeaderName = HeaderName::from_static("x-grove-identity");
/// The name under which the gateway signs.
pub const GATEWAY: &str = "gateway";

const LIFETIME_SECONDS: i64 = 60;
/// How far the clocks of two hosts may differ.
const LEEWAY_SECONDS: u64 = 5;

/// Who is behind a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The person, application or service that acts.
    pub subject: Subject,
    /// The client application that the request came through, if it came from outside.
    pub client: Option<String>,
    /// The address that the client application speaks for.
    pub address: Option<IpAddr>,
}

/// The one who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A signed-in person.
    Person {
        /// Their login name.
        netid: NetId,
        /// The officer roles they hold, at most a few seconds old.
        roles: Vec<Role>,
        /// The session they use; none when an application speaks for them.
        session: Option<u64>,
    },
    /// An application on nobody's behalf.
    Client,
    /// Another service of Grove.
    Service(String),
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    exp: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    roles: Vec<Role>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sid: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    addr: Option<IpAddr>,
}

/// The private key of the gateway or of a service.
#[derive(Clone)]
pub struct SigningKey {
    owner: String,
    key: EncodingKey,
    public: String,
}

impl SigningKey {
    /// Whose key it is.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Makes the secret of a new key: 32 random bytes in base64url.
    pub fn generate_secret() -> SecretString {
        crate::token::generate()
    }

    /// Takes the key of `owner` from its secret.
    ///
    /// # Errors
    /// When the secret is not 32 bytes in base64url.
    pub fn new(owner: &str, secret: &SecretString) -> anyhow::Result<Self> {
        // An Ed25519 private key in PKCS #8 (RFC 8410, section 7) is this prefix and the seed.
        const PKCS8: &[u8] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
        let seed: [u8; 32] = BASE64_URL_SAFE_NO_PAD
            .decode(secret.expose_secret().trim())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .context("an identity key is 32 bytes in base64url, as `grove keys` makes it")?;
        let public = ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key();
        Ok(Self {
            owner: owner.to_owned(),
            key: EncodingKey::from_ed_der(&[PKCS8, &seed].concat()),
            public: BASE64_URL_SAFE_NO_PAD.encode(public.as_bytes()),
        })
    }

    /// The owner and the public half, as [`TrustedKeys`] reads them: `owner=key`.
    pub fn public(&self) -> String {
        format!("{}={}", self.owner, self.public)
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
        Ok(jsonwebtoken::encode(&header, &claims, &self.key)?)
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

/// The public keys of everyone whose signature counts.
#[derive(Clone, Default)]
pub struct TrustedKeys(Arc<HashMap<String, DecodingKey>>);

impl FromStr for TrustedKeys {
    type Err = anyhow::Error;

    /// Reads `owner=key` pairs, separated by commas or white space.
    fn from_str(text: &str) -> anyhow::Result<Self> {
        let pairs = text.split([',', ' ', '\n', '\t', '\r']).filter(|pair| !pair.is_empty());
        let keys = pairs.map(|pair| {
            let (owner, key) = pair.split_once('=').context("a trusted key is owner=key")?;
            Ok((owner.to_owned(), DecodingKey::from_ed_components(key)?))
        });
        Ok(Self(Arc::new(keys.collect::<anyhow::Result<_>>()?)))
    }
}

impl fmt::Debug for TrustedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Checks identities that are meant for one service.
#[derive(Debug, Clone)]
pub struct Verifier {
    audience: Arc<str>,
    keys: TrustedKeys,
}

impl Verifier {
    /// Checks what is meant for `audience` and signed by one of `keys`.
    pub fn new(audience: &str, keys: TrustedKeys) -> Self {
        Self { audience: audience.into(), keys }
    }

    /// Reads a signed identity.
    ///
    /// # Errors
    /// When the signature, the audience or the time is wrong, or when a key speaks for another.
    pub fn verify(&self, token: &str) -> anyhow::Result<Identity> {
        let header = jsonwebtoken::decode_header(token)?;
        let owner = header.kid.context("no key is named")?;
        let key = self.keys.0.get(&owner).context("the key is unknown")?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.leeway = LEEWAY_SECONDS;
        validation.set_audience(&[&self.audience]);
        validation.set_issuer(&[&owner]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        let claims = jsonwebtoken::decode::<Claims>(token, key, &validation)?.claims;
        let subject = match claims.sub.split_once(':') {
            Some(("service", name)) => {
                ensure!(name == owner, "{owner} may not speak for {name}");
                Subject::Service(owner)
            }
            Some(("person", netid)) if owner == GATEWAY => {
                let (netid, roles) = (netid.parse()?, claims.roles);
                Subject::Person { netid, roles, session: claims.sid }
            }
            None if owner == GATEWAY && claims.sub == "client" => Subject::Client,
            _ => anyhow::bail!("{owner} may not speak for {}", claims.sub),
        };
        Ok(Identity { subject, client: claims.client, address: claims.addr })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(owner: &str) -> SigningKey {
        SigningKey::new(owner, &SigningKey::generate_secret()).unwrap()
    }

    fn person() -> Identity {
        let subject = Subject::Person {
            netid: "jsmith2".parse().unwrap(),
            roles: vec![Role::Admin],
            session: Some(7),
        };
        Identity { subject, client: Some("kiosk".to_owned()), address: None }
    }

    #[test]
    fn an_identity_arrives_as_it_was_signed() {
        let gateway = key(GATEWAY);
        let verifier = Verifier::new("quotes", gateway.public().parse().unwrap());
        let token = gateway.sign(&person(), "quotes").unwrap();
        assert_eq!(verifier.verify(&token).unwrap(), person());
    }

    #[test]
    fn a_forged_identity_is_refused() {
        let (gateway, users) = (key(GATEWAY), key("users"));
        let keys = format!("{} {}", gateway.public(), users.public());
        let verifier = Verifier::new("quotes", keys.parse().unwrap());

        let other_audience = gateway.sign(&person(), "users").unwrap();
        let unknown_key = key(GATEWAY).sign(&person(), "quotes").unwrap();
        let service_as_person = users.sign(&person(), "quotes").unwrap();
        let as_other_service = {
            let subject = Subject::Service(GATEWAY.to_owned());
            users.sign(&Identity { subject, client: None, address: None }, "quotes").unwrap()
        };
        let good = gateway.sign(&person(), "quotes").unwrap();
        let payload = good.split('.').nth(1).unwrap();
        let unsigned = format!("eyJhbGciOiJub25lIiwia2lkIjoiZ2F0ZXdheSJ9.{payload}.");
        for token in [other_audience, unknown_key, service_as_person, as_other_service, unsigned] {
            assert!(verifier.verify(&token).is_err(), "{token}");
        }
        for at in [good.len() / 2, good.len() - 10] {
            let mut bytes = good.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            assert!(verifier.verify(&String::from_utf8(bytes).unwrap()).is_err());
        }
    }
}

//! Who is calling, signed: a JWT (RFC 7519, `EdDSA`) that lives one minute and names its audience.
//!
//! The gateway signs what it knows of a person or client application; a service that calls another
//! signs for itself. Each has its own key, and a key may only speak for its owner (ADR 2).

mod key;

use std::{net::IpAddr, sync::Arc};

use anyhow::{Context, ensure};
use http::HeaderName;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::{Deserialize, Serialize};

use self::key::Keys;
pub use self::key::{SigningKey, TrustedKeys};
use crate::{netid::NetId, role::Role};

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
        let claims = match self.claims(token, &owner, &self.keys.get()) {
            // The owner may have a new key since the file was looked at.
            Err(refusal) => match self.keys.changed() {
                Some(keys) => self.claims(token, &owner, &keys)?,
                None => return Err(refusal),
            },
            claims => claims?,
        };
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

    /// What a token says, if one of its owner's keys signed it.
    fn claims(&self, token: &str, owner: &str, keys: &Keys) -> anyhow::Result<Claims> {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.leeway = LEEWAY_SECONDS;
        validation.set_audience(&[&self.audience]);
        validation.set_issuer(&[owner]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        let decode = |key: &DecodingKey| jsonwebtoken::decode::<Claims>(token, key, &validation);
        let keys = keys.get(owner).context("the key is unknown")?;
        let (last, others) = keys.split_last().context("the key is unknown")?;
        let signed = others.iter().find_map(|key| decode(key).ok());
        Ok(signed.map_or_else(|| decode(last), Ok)?.claims)
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

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

    #[test]
    fn a_key_is_rotated_while_programs_run() {
        let folder = tempfile::tempdir().unwrap();
        let (private, public) = (folder.path().join("key"), folder.path().join("trusted"));
        let put = |path: &std::path::Path, text: &str| {
            let partial = path.with_extension("partial");
            std::fs::write(&partial, text).unwrap();
            std::fs::rename(partial, path).unwrap();
        };
        let (old, new) = (SigningKey::generate_secret(), SigningKey::generate_secret());
        let public_of = |secret| SigningKey::new("users", secret).unwrap().public();
        put(&private, old.expose_secret());
        put(&public, &public_of(&old));
        let signer = SigningKey::from_file("users", private.clone()).unwrap();
        let verifier = Verifier::new("auth", TrustedKeys::from_file(public.clone()).unwrap());
        let is_good = |token: &str| verifier.verify(token).is_ok();
        let first = signer.sign_own("auth").unwrap();
        assert!(is_good(&first));

        // Trust comes first and counts at once; the signer follows within a second.
        put(&public, &format!("{}\n{}", public_of(&new), public_of(&old)));
        let ahead = SigningKey::new("users", &new).unwrap().sign_own("auth").unwrap();
        assert!(is_good(&ahead) && is_good(&first));
        put(&private, new.expose_secret());
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
        while signer.public() != public_of(&new) {
            assert!(std::time::Instant::now() < deadline, "the new key is not taken");
            std::thread::yield_now();
        }
        assert!(is_good(&signer.sign_own("auth").unwrap()));

        // What is malformed changes nothing; what is retired is refused.
        put(&public, "users=nonsense");
        assert!(!is_good("x.y.z") && is_good(&ahead));
        put(&public, &public_of(&new));
        let stranger = SigningKey::new("users", &SigningKey::generate_secret()).unwrap();
        assert!(!is_good(&stranger.sign_own("auth").unwrap()));
        assert!(!is_good(&first) && is_good(&ahead));
    }
}

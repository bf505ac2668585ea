//! Who is calling, signed: a JWT (RFC 7519) that lives one minute and names its audience.
//!
//! The gateway signs what it knows of a person or client application; a service that calls another
//! signs for itself. Each has its own key, and a key may only speak for its owner (ADR 2). The extractors
//! of [`caller`] are the permissions of handlers.

pub mod caller;
mod key;
mod token;

use std::{net::IpAddr, sync::Arc};

use anyhow::ensure;
use grove_shared::{Clock, NetId, Role, Standing, config::IdentityConfig};
use http::HeaderName;
use serde::{Deserialize, Serialize};

pub use self::key::{SigningKey, TrustedKeys};
use self::{key::Keys, token::Token};

/// The header that carries a signed identity.
pub const IDENTITY: HeaderName = HeaderName::from_static("x-grove-identity");
/// The name under which the gateway signs.
pub const GATEWAY: &str = "gateway";

const LIFETIME_SECONDS: i64 = 60;
/// How far the clocks of two hosts may differ.
const LEEWAY_SECONDS: i64 = 5;

/// Who is behind a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The person, application or service that acts.
    pub subject: Subject,
    /// The client application that the request came through, if it came from outside.
    pub client: Option<String>,
    /// The address that the client application speaks for.
    pub address: Option<IpAddr>,
}

/// The one who acts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A signed-in person.
    Person {
        /// Their login name.
        netid: NetId,
        /// The officer roles they hold, at most a few seconds old.
        roles: Vec<Role>,
        /// Whether they are a member today, at most a few seconds old.
        standing: Standing,
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
    /// A gateway of the version before says nothing; it lets through whom it let through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    standing: Option<Standing>,
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
    clock: Clock,
}

impl Verifier {
    /// Checks what is meant for `audience` and signed by one of `keys`.
    pub fn new(audience: &str, keys: TrustedKeys) -> Self {
        Self { audience: audience.into(), keys, clock: Clock::system() }
    }

    /// The verifier of the service `audience`. Keys from a file are read again when it changes.
    ///
    /// # Errors
    /// When no keys are configured or one is malformed.
    pub fn from_config(config: &IdentityConfig, audience: &str) -> anyhow::Result<Self> {
        Ok(Self::new(audience, TrustedKeys::from_config(config)?))
    }

    /// The same by another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Reads a signed identity.
    ///
    /// # Errors
    /// When the signature, the audience or the time is wrong, or when a key speaks for another.
    pub fn verify(&self, token: &str) -> anyhow::Result<Identity> {
        let token = Token::parse(token)?;
        let owner = token.key_owner().to_owned();
        let is_signed = |keys: &Keys| {
            keys.get(&owner).is_some_and(|keys| keys.iter().any(|key| token.is_signed_by(key)))
        };
        // The owner may have a new key since the file was looked at.
        let signed =
            is_signed(&self.keys.get()) || self.keys.changed().is_some_and(|keys| is_signed(&keys));
        ensure!(signed, "no key of {owner} signed it");
        let claims: Claims = token.claims()?;
        self.check(&claims, &owner)?;
        let subject = match claims.sub.split_once(':') {
            Some(("service", name)) => {
                ensure!(name == owner, "{owner} may not speak for {name}");
                Subject::Service(owner)
            }
            Some(("person", netid)) if owner == GATEWAY => {
                let (netid, roles) = (netid.parse()?, claims.roles);
                let standing = claims.standing.unwrap_or(Standing::Member);
                Subject::Person { netid, roles, standing, session: claims.sid }
            }
            None if owner == GATEWAY && claims.sub == "client" => Subject::Client,
            _ => anyhow::bail!("{owner} may not speak for {}", claims.sub),
        };
        Ok(Identity { subject, client: claims.client, address: claims.addr })
    }

    fn check(&self, claims: &Claims, owner: &str) -> anyhow::Result<()> {
        ensure!(claims.iss == owner, "{owner} may not sign for {}", claims.iss);
        ensure!(claims.aud == *self.audience, "it is meant for {}", claims.aud);
        let now = self.clock.now().timestamp();
        ensure!(now <= claims.exp.saturating_add(LEEWAY_SECONDS), "it has expired");
        Ok(())
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
            standing: Standing::Member,
            session: Some(7),
        };
        Identity { subject, client: Some("kiosk".to_owned()), address: None }
    }

    #[test]
    fn an_identity_arrives_as_it_was_signed() {
        let gateway = key(GATEWAY);
        let verifier = Verifier::new("shelves", gateway.public().parse().unwrap());
        let token = gateway.sign(&person(), "shelves").unwrap();
        assert_eq!(verifier.verify(&token).unwrap(), person());
    }

    #[test]
    fn an_identity_expires_after_its_minute() {
        let clock = Clock::stopped_at("2026-10-01T12:00:00Z".parse().unwrap());
        let gateway = key(GATEWAY).with_clock(clock.clone());
        let verifier = Verifier::new("shelves", gateway.public().parse().unwrap());
        let verifier = verifier.with_clock(clock.clone());
        let token = gateway.sign(&person(), "shelves").unwrap();
        let wait = |seconds| clock.advance(chrono::TimeDelta::seconds(seconds));
        wait(LIFETIME_SECONDS + LEEWAY_SECONDS);
        assert!(verifier.verify(&token).is_ok());
        wait(1);
        assert!(verifier.verify(&token).unwrap_err().to_string().contains("expired"));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let gateway = key(GATEWAY);
        let verifier = Verifier::new("shelves", gateway.public().parse().unwrap());
        let good = gateway.sign(&person(), "shelves").unwrap();
        for bad in ["", ".", "..", "a.b.c", &format!("{good}."), &format!("{good}=")] {
            assert!(verifier.verify(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_forged_identity_is_refused() {
        let (gateway, users) = (key(GATEWAY), key("users"));
        let keys = format!("{} {}", gateway.public(), users.public());
        let verifier = Verifier::new("shelves", keys.parse().unwrap());

        let other_audience = gateway.sign(&person(), "users").unwrap();
        let unknown_key = key(GATEWAY).sign(&person(), "shelves").unwrap();
        let service_as_person = users.sign(&person(), "shelves").unwrap();
        let as_other_service = {
            let subject = Subject::Service(GATEWAY.to_owned());
            users.sign(&Identity { subject, client: None, address: None }, "shelves").unwrap()
        };
        let good = gateway.sign(&person(), "shelves").unwrap();
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

//! What the website gives a browser to keep, so that nobody else reads it and nobody changes it.
//!
//! The website owns no data and any replica may get the next request, so what survives a redirect is in a
//! cookie: sealed by XChaCha20-Poly1305 under a key of the website's secret, for one purpose each.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use grove_shared::reload::Reloaded;
use secrecy::SecretString;
use sha2::{Digest, Sha256};

const NONCE_BYTES: usize = 24;

/// Seals and opens what browsers keep.
#[derive(Debug, Clone)]
pub struct SealingKey(Arc<Reloaded<Keys>>);

/// The key that is sealed with, and earlier ones that open what was sealed before.
struct Keys(Vec<XChaCha20Poly1305>);

impl SealingKey {
    /// Keys of the website's secret: the current one, then earlier ones, one a line. A file is read again
    /// when it changes.
    ///
    /// # Errors
    /// When neither a value nor a readable file is given.
    pub fn new(value: Option<&SecretString>, file: Option<&PathBuf>) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(Reloaded::from_secret(value, file, "SITE_SECRET", keys)?)))
    }

    /// Text that only this website opens, for this purpose alone.
    ///
    /// # Errors
    /// When it is longer than can be sealed, which no form is.
    pub(crate) fn seal(&self, purpose: &str, content: &[u8]) -> anyhow::Result<String> {
        let keys = self.0.get();
        let key = keys.0.first().context("SITE_SECRET is empty")?;
        let nonce = rand::random::<[u8; NONCE_BYTES]>();
        let content = Payload { msg: content, aad: purpose.as_bytes() };
        let sealed = key.encrypt(&XNonce::from(nonce), content);
        let sealed = sealed.map_err(|_| anyhow::anyhow!("it is too long to be sealed"))?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat()))
    }

    /// What was sealed for this purpose; nothing if it was not, or was changed.
    pub(crate) fn open(&self, purpose: &str, text: &str) -> Option<Vec<u8>> {
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let keys = self.0.get();
        keys.0.iter().find_map(|key| {
            let content = Payload { msg: sealed, aad: purpose.as_bytes() };
            key.decrypt(&XNonce::from(*nonce), content).ok()
        })
    }
}

fn keys(text: &str) -> anyhow::Result<Keys> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let key = |line: &str| {
        let hash = Sha256::new().chain_update(b"grove website sealing\0").chain_update(line);
        XChaCha20Poly1305::new_from_slice(&hash.finalize())
    };
    Ok(Keys(lines.map(key).collect::<Result<_, _>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(secret: &str) -> SealingKey {
        SealingKey::new(Some(&secret.into()), None).unwrap()
    }

    #[test]
    fn only_the_website_opens_what_it_sealed_and_only_for_its_purpose() {
        let website = key("a secret of the website, for tests only");
        let sealed = website.seal("form", b"what was typed").unwrap();
        assert_eq!(website.open("form", &sealed).unwrap(), b"what was typed");
        assert!(!sealed.contains("typed"));
        assert_eq!(website.open("flash", &sealed), None);
        assert_eq!(key("another secret, which is no one's").open("form", &sealed), None);
        let changed =
            sealed.replace(&sealed[40..42], if &sealed[40..42] == "AA" { "BB" } else { "AA" });
        for odd in ["", "x", "ä", &sealed[1..], &changed] {
            assert_eq!(website.open("form", odd), None, "{odd}");
        }
    }

    #[test]
    fn what_an_earlier_secret_sealed_is_opened_while_that_is_known() {
        let sealed = key("the secret until now, long enough").seal("form", b"x").unwrap();
        let both = key("the secret from now on, long enough\nthe secret until now, long enough");
        assert_eq!(both.open("form", &sealed).unwrap(), b"x");
    }
}

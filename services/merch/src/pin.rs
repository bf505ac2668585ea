//! PINs: eight digits that pay at a kiosk.
//!
//! A kiosk sends a PIN and no name, so the PIN itself has to find its owner. Salted slow hashes cannot
//! be looked up; an HMAC under a key that is not in the database can, and tells whoever copies the
//! database nothing.

use std::{fmt, sync::Arc};

use anyhow::ensure;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// The key that PINs are hashed with.
#[derive(Clone)]
pub struct PinKey(Arc<Hmac<Sha256>>);

impl PinKey {
    const SHORTEST: usize = 32;

    /// Takes the key from its secret.
    ///
    /// # Errors
    /// When it is too short to be a key.
    pub fn new(secret: &SecretString) -> anyhow::Result<Self> {
        let secret = secret.expose_secret().trim().as_bytes();
        ensure!(secret.len() >= Self::SHORTEST, "MERCH_PIN_KEY has less than 32 characters");
        Ok(Self(Arc::new(Hmac::new_from_slice(secret)?)))
    }

    /// What the database keeps of a PIN.
    pub(crate) fn hash(&self, pin: &str) -> [u8; 32] {
        let mut hmac = Hmac::clone(&self.0);
        hmac.update(pin.as_bytes());
        hmac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for PinKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinKey")
    }
}

/// Draws a PIN from the system's generator.
pub(crate) fn draw() -> SecretString {
    rand::random_range(10_000_000..=99_999_999_u32).to_string().into()
}

//! Secrets that Grove hands out: sessions, one-time links, client tokens.
//!
//! A token is 256 random bits. The database keeps its SHA-256 only, which is enough for a value that
//! cannot be guessed (OWASP ASVS 5.0, 11.4 asks slow hashing of passwords, not of random tokens).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use secrecy::SecretString;
use sha2::{Digest, Sha256};

/// Makes a token: 32 bytes of the system's generator as 43 characters of base64url.
pub fn generate() -> SecretString {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()).into()
}

/// What the database keeps of a token.
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

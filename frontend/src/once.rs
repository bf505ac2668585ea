//! Forms that have one effect, however often they are sent.
//!
//! Such a form has a hidden field: a key that is drawn when the page is made and goes to the
//! gateway as `Idempotency-Key`. A double click, or a reload of the page that came back, sends the
//! same key and so asks for the same thing.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;

/// The most characters that services take.
const LONGEST: usize = 200;

/// The key of a form.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct OnceKey(String);

impl OnceKey {
    /// A key that no other form has.
    pub fn draw() -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 18]>()))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for OnceKey {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let valid =
            (1..=LONGEST).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if valid { Ok(Self(text)) } else { Err("this is no key of a form") }
    }
}

//! One message that survives a redirect: what became of the form that was just sent.

use axum::extract::FromRequestParts;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use grove_shared::CallError;
use http::request::Parts;

use crate::{
    AppState,
    error::PageError,
    exchange::{Exchange, FLASH},
    refusal,
};

const SECONDS: i64 = 60;
/// Browsers drop cookies of more than 4096 bytes.
const MOST_CHARS: usize = 500;

/// A message for the visitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Whether it tells of a success.
    pub success: bool,
    /// The sentence, which templates escape.
    pub text: String,
}

/// Leaves a message for the next page.
#[derive(Debug, Clone)]
pub struct Flash(Exchange);

impl Flash {
    pub(crate) fn new(exchange: &Exchange) -> Self {
        Self(exchange.clone())
    }

    /// Tells that it worked.
    pub fn success(&self, text: impl AsRef<str>) {
        self.leave('+', text.as_ref());
    }

    /// Tells that it did not.
    pub fn error(&self, text: impl AsRef<str>) {
        self.leave('-', text.as_ref());
    }

    /// What the gateway answered; if it will not do what the visitor asked, that is told on the
    /// next page.
    ///
    /// # Errors
    /// When the call failed for another reason than what was asked.
    pub fn unless_refused<T>(&self, answer: Result<T, CallError>) -> Result<Option<T>, PageError> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(error) => {
                self.error(refusal::sentence(error)?);
                Ok(None)
            }
        }
    }

    fn leave(&self, kind: char, text: &str) {
        let text: String = std::iter::once(kind).chain(text.chars().take(MOST_CHARS)).collect();
        self.0.set_cookie(FLASH, &BASE64_URL_SAFE_NO_PAD.encode(text), Some(SECONDS));
    }
}

impl FromRequestParts<AppState> for Flash {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, PageError> {
        Exchange::of(parts).map(Self)
    }
}

/// Takes the message that the last page left.
pub(crate) fn take(exchange: &Exchange) -> Option<Message> {
    let value = exchange.cookie(FLASH)?;
    exchange.remove_cookie(FLASH);
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(value).ok()?).ok()?;
    let (kind, text) = text.split_at_checked(1)?;
    Some(Message { success: kind == "+", text: text.to_owned() })
}

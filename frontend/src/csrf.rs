//! Forms are sent from our own pages only.
//!
//! Two checks, either of which stops a forged form. [`same_origin`] asks the browser where the
//! form came from (`Sec-Fetch-Site`, `Origin`) for every request that may change something.
//! [`Protected`] asks for a token that only a page of this visitor's could show: an HMAC of their
//! session, or of a random cookie while they have none. The token is masked anew in each page, so
//! that compression tells nothing of it.
//!
//! One form goes without: that of [`is_one_click`].

use std::{path::PathBuf, sync::Arc};

use anyhow::Context;
use axum::{
    body::{Body, to_bytes},
    extract::{Form, FromRequest, Request},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use grove_shared::reload::Reloaded;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, StatusCode, header};
use secrecy::SecretString;
use serde::{Deserialize, de::DeserializeOwned};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::{
    AppState,
    error::PageError,
    exchange::{Exchange, SESSION, VISITOR},
    typed::CSRF,
};

const MAC_BYTES: usize = 32;

/// The bytes that a form may have.
pub(crate) const MAX_BYTES: usize = 64 * 1024;

const NO_COOKIES: &str = "Your browser sent no cookie, so we cannot tell that this form is from you. \
    Allow cookies for this website, go back, reload the page and send the form again.";
const FOREIGN: &str = "This form was not sent from this website.";

/// Makes and checks the tokens in forms.
#[derive(Debug, Clone)]
pub struct CsrfKey(Arc<Reloaded<Keys>>);

/// The key that tokens are made with, and earlier ones that open forms were made with.
struct Keys {
    current: Hmac<Sha256>,
    earlier: Vec<Hmac<Sha256>>,
}

impl CsrfKey {
    /// Keys of at least 32 characters, one a line: the current one, then earlier ones. A file is read
    /// again when it changes.
    ///
    /// # Errors
    /// When one is shorter, or neither a value nor a readable file is given.
    pub fn new(value: Option<&SecretString>, file: Option<&PathBuf>) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(Reloaded::from_secret(value, file, "SITE_SECRET", keys)?)))
    }

    /// The token for a form of this exchange.
    pub(crate) fn token(&self, exchange: &Exchange) -> String {
        if exchange.cookie(SESSION).is_none() && exchange.cookie(VISITOR).is_none() {
            let value = BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
            exchange.set_cookie(VISITOR, &value, None);
        }
        let mask = rand::random::<[u8; MAC_BYTES]>();
        let mac = mac(&self.0.get().current, exchange);
        let masked = mac.iter().zip(mask).map(|(byte, mask)| byte ^ mask);
        let token: Vec<u8> = mask.into_iter().chain(masked).collect();
        BASE64_URL_SAFE_NO_PAD.encode(token)
    }

    fn accepts(&self, exchange: &Exchange, token: &str) -> bool {
        let token = BASE64_URL_SAFE_NO_PAD.decode(token).unwrap_or_default();
        let Some((mask, masked)) = token.split_at_checked(MAC_BYTES) else { return false };
        let mac: Vec<u8> = masked.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
        let keys = self.0.get();
        let mut keys = [&keys.current].into_iter().chain(&keys.earlier);
        keys.any(|key| mac.ct_eq(&self::mac(key, exchange)).into())
    }
}

fn keys(text: &str) -> anyhow::Result<Keys> {
    let mut keys = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        anyhow::ensure!(line.len() >= 32, "SITE_SECRET has fewer than 32 characters");
        keys.push(Hmac::new_from_slice(line.as_bytes())?);
    }
    let mut keys = keys.into_iter();
    let current = keys.next().context("SITE_SECRET is empty")?;
    Ok(Keys { current, earlier: keys.collect() })
}

/// The session, or else the visitor's cookie, signed. Without either nothing is accepted, since nobody
/// can know the MAC of a value that was never handed out.
fn mac(key: &Hmac<Sha256>, exchange: &Exchange) -> [u8; MAC_BYTES] {
    let mut mac = key.clone();
    for name in [SESSION, VISITOR] {
        if let Some(value) = exchange.cookie(name) {
            mac.update(name.as_bytes());
            mac.update(b"=");
            mac.update(value.as_bytes());
            return mac.finalize().into_bytes().into();
        }
    }
    rand::random()
}

/// A form with nothing but its token.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct NoFields {}

/// A form that was sent from a page of ours, shown to the visitor who sends it.
#[derive(Debug, Clone)]
pub struct Protected<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for Protected<T> {
    type Rejection = PageError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, PageError> {
        let (parts, body) = request.into_parts();
        let exchange = Exchange::of(&parts)?;
        if !is_form(&parts.headers) {
            return Err(PageError::Forbidden(FOREIGN.into()));
        }
        // The surroundings have read it already, and no more than a form may have.
        let body = to_bytes(body, MAX_BYTES).await.map_err(PageError::internal)?;
        let mut fields = url::form_urlencoded::parse(&body);
        let token = fields.find(|(name, _)| name == CSRF).map(|(_, token)| token);
        if !token.is_some_and(|token| state.csrf.accepts(&exchange, &token)) {
            return Err(if exchange.has_cookies() {
                PageError::Stale
            } else {
                PageError::Forbidden(NO_COOKIES.into())
            });
        }
        let request = Request::from_parts(parts, Body::from(body));
        match Form::from_request(request, state).await {
            Ok(Form(form)) => Ok(Self(form)),
            Err(_) => Err(PageError::Refused(
                StatusCode::BAD_REQUEST,
                "This form is incomplete. Go back and fill in every field.".into(),
            )),
        }
    }
}

/// Whether a request holds a form.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Whether this is the one form that may come from elsewhere: mail providers send it for the people
/// who got a mail (RFC 8058), from their own servers and pages, without cookies. The token in its
/// path entitles to it and the session takes no part, so it gains nothing from a visitor's browser.
pub(crate) fn is_one_click(path: &str) -> bool {
    let token = path.strip_prefix("/unsubscribe/");
    token.is_some_and(|token| !token.is_empty() && !token.contains('/'))
}

/// Refuses what another site's page sent. Old browsers name no origin; for them the token decides.
pub(crate) fn same_origin(headers: &HeaderMap) -> Result<(), PageError> {
    let header = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let site = header(header::HeaderName::from_static("sec-fetch-site"));
    let origin = header(header::ORIGIN);
    let host = header(header::HOST).unwrap_or_default();
    // A proxy may have ended TLS, so the scheme is not compared.
    let ours = |origin: &str| origin.split_once("://").is_some_and(|(_, from)| from == host);
    if site.is_none_or(|site| site == "same-origin") && origin.is_none_or(ours) {
        return Ok(());
    }
    Err(PageError::Forbidden(FOREIGN.into()))
}

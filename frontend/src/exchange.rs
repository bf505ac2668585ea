//! One request and its answer: what extractors and pages know of each other.
//!
//! The surroundings ([`crate::surround`]) make it before a handler runs and read it after: cookies
//! that were set on the way, the nonce of the scripts, and who the visitor is.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::extract::{FromRequestParts, Request};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use cookie::{Cookie, CookieJar, SameSite};
use grove_shared::{forwarded::TrustedProxies, server::RemoteAddr};
use http::{HeaderMap, HeaderValue, Method, header, request::Parts};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OnceCell;

use crate::{AppState, error::PageError, flash::FLASH, session::Known};

/// The cookie that holds the session's token of the API, and nothing else.
pub(crate) const SESSION: &str = "__Host-session";
/// The cookie that ties the forms of an anonymous visitor to their browser.
pub(crate) const VISITOR: &str = "__Host-visitor";

/// One request and its answer.
#[derive(Debug, Clone)]
pub struct Exchange(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    nonce: String,
    get: bool,
    target: String,
    address: Option<IpAddr>,
    user_agent: Option<HeaderValue>,
    cookies: Mutex<CookieJar>,
    visitor: OnceCell<Known>,
}

impl Exchange {
    pub(crate) fn new(request: &Request, proxies: &TrustedProxies) -> Self {
        let headers = request.headers();
        let target = request.uri().path_and_query();
        let remote = request.extensions().get::<RemoteAddr>();
        Self(Arc::new(Inner {
            nonce: BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>()),
            get: matches!(*request.method(), Method::GET | Method::HEAD),
            target: target.map_or_else(|| "/".to_owned(), ToString::to_string),
            address: remote.map(|remote| proxies.client(remote.0.ip(), headers)),
            user_agent: headers.get(header::USER_AGENT).cloned(),
            cookies: Mutex::new(cookies(headers)),
            visitor: OnceCell::new(),
        }))
    }

    pub(crate) fn of(parts: &Parts) -> Result<Self, PageError> {
        let exchange = parts.extensions.get::<Self>().cloned();
        exchange.ok_or_else(|| PageError::internal(anyhow::anyhow!("no exchange was begun")))
    }

    /// What a script of this answer must carry to run.
    pub(crate) fn nonce(&self) -> &str {
        &self.0.nonce
    }

    /// The path and query that were asked for.
    pub(crate) fn target(&self) -> &str {
        &self.0.target
    }

    /// The path that was asked for.
    pub(crate) fn path(&self) -> &str {
        self.0.target.split('?').next().unwrap_or_default()
    }

    /// Whether the request only reads.
    pub(crate) fn reads(&self) -> bool {
        self.0.get
    }

    /// The visitor's address.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.0.address
    }

    /// The visitor's browser.
    pub(crate) fn user_agent(&self) -> Option<&HeaderValue> {
        self.0.user_agent.as_ref()
    }

    /// Who the visitor is, found out once.
    pub(crate) fn visitor(&self) -> &OnceCell<Known> {
        &self.0.visitor
    }

    /// The session's token, while there is a session.
    pub(crate) fn session(&self) -> Option<SecretString> {
        self.cookie(SESSION).map(Into::into)
    }

    /// Begins a session: from here on the visitor is signed in.
    pub(crate) fn begin_session(&self, token: &SecretString) {
        self.set_cookie(SESSION, token.expose_secret(), None);
        self.remove_cookie(VISITOR);
    }

    /// Forgets the session, which the gateway has ended or is about to end.
    pub(crate) fn forget_session(&self) {
        self.remove_cookie(SESSION);
    }

    /// The value of a cookie as it stands now; an empty one counts as none.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let value = self.jar(|jar| jar.get(name).map(|cookie| cookie.value().to_owned()));
        value.filter(|value| !value.is_empty())
    }

    /// Sets a cookie that only this host and no script reads.
    pub(crate) fn set_cookie(&self, name: &'static str, value: &str, seconds: Option<i64>) {
        let mut cookie = cookie(name, value.to_owned());
        if let Some(seconds) = seconds {
            cookie.set_max_age(cookie::time::Duration::seconds(seconds));
        }
        self.jar(|jar| jar.add(cookie));
    }

    /// Removes a cookie.
    pub(crate) fn remove_cookie(&self, name: &'static str) {
        self.jar(|jar| jar.remove(cookie(name, String::new())));
    }

    /// The cookies to send back.
    pub(crate) fn changed_cookies(&self) -> Vec<HeaderValue> {
        self.jar(|jar| jar.delta().filter_map(|cookie| cookie.to_string().parse().ok()).collect())
    }

    fn jar<T>(&self, work: impl FnOnce(&mut CookieJar) -> T) -> T {
        work(&mut self.0.cookies.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl FromRequestParts<AppState> for Exchange {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, PageError> {
        Self::of(parts)
    }
}

fn cookie(name: &'static str, value: String) -> Cookie<'static> {
    Cookie::build((name, value))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .build()
}

/// Those of the request's cookies that are ours.
fn cookies(headers: &HeaderMap) -> CookieJar {
    let mut jar = CookieJar::new();
    for line in headers.get_all(header::COOKIE) {
        let line = line.to_str().unwrap_or_default().to_owned();
        for cookie in Cookie::split_parse(line).flatten() {
            if [SESSION, VISITOR, FLASH].contains(&cookie.name())
                && jar.get(cookie.name()).is_none()
            {
                jar.add_original(cookie);
            }
        }
    }
    jar
}

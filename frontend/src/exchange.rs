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
use grove_http::{forwarded::TrustedProxies, server::RemoteAddr};
use http::{HeaderMap, HeaderValue, Method, header, request::Parts};
use secrecy::{ExposeSecret, SecretString};
use tokio::{sync::OnceCell, time::Instant};
use url::Url;

use crate::{AppState, error::PageError, links::local_path, person::Known, typed::Typed};

/// The cookie that holds the session's token of the API, and nothing else.
pub(crate) const SESSION: &str = "session";
/// The cookie that ties the forms of an anonymous visitor to their browser.
pub(crate) const VISITOR: &str = "visitor";
/// The cookie that holds a message until the next page.
pub(crate) const FLASH: &str = "flash";
/// The cookie that holds what was typed, see [`crate::form`].
pub(crate) const FORM: &str = "form";
const COOKIES: [&str; 4] = [SESSION, VISITOR, FLASH, FORM];
/// Browsers set a cookie of such a name for the host alone that sent it, and over TLS alone.
const HOST_PREFIX: &str = "__Host-";

/// One request and its answer.
#[derive(Debug, Clone)]
pub struct Exchange(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    nonce: String,
    began: Instant,
    get: bool,
    target: String,
    /// Whether cookies are for TLS alone.
    secure: bool,
    /// The page that the visitor comes from, if it is one of ours.
    origin: Option<String>,
    /// What was typed into the form that was sent.
    typed: Option<Typed>,
    address: Option<IpAddr>,
    user_agent: Option<HeaderValue>,
    cookies: Mutex<CookieJar>,
    visitor: OnceCell<Known>,
}

impl Exchange {
    pub(crate) fn new(request: &Request, proxies: &TrustedProxies, secure: bool) -> Self {
        let headers = request.headers();
        let target = request.uri().path_and_query();
        let remote = request.extensions().get::<RemoteAddr>();
        Self(Arc::new(Inner {
            nonce: BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>()),
            began: Instant::now(),
            get: matches!(*request.method(), Method::GET | Method::HEAD),
            target: target.map_or_else(|| "/".to_owned(), ToString::to_string),
            secure,
            origin: origin(headers),
            typed: None,
            address: remote.map(|remote| proxies.client(remote.0.ip(), headers)),
            user_agent: headers.get(header::USER_AGENT).cloned(),
            cookies: Mutex::new(cookies(headers, secure)),
            visitor: OnceCell::new(),
        }))
    }

    /// Adds what was typed, before anyone else has this exchange.
    pub(crate) fn add_typed(&mut self, typed: Typed) {
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            inner.typed = Some(typed);
        }
    }

    pub(crate) fn of(parts: &Parts) -> Result<Self, PageError> {
        let exchange = parts.extensions.get::<Self>().cloned();
        exchange.ok_or_else(|| PageError::internal(anyhow::anyhow!("no exchange was begun")))
    }

    /// When the request came.
    pub(crate) fn began(&self) -> Instant {
        self.0.began
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

    /// The page of ours that the visitor comes from, as their browser tells.
    pub(crate) fn origin(&self) -> Option<&str> {
        self.0.origin.as_deref()
    }

    /// What was typed into the form that was sent.
    pub(crate) fn typed(&self) -> Option<&Typed> {
        self.0.typed.as_ref()
    }

    /// Whether the browser sent any cookie of ours.
    pub(crate) fn has_cookies(&self) -> bool {
        self.jar(|jar| jar.iter().next().is_some())
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
        let name = self.full_name(name);
        let value = self.jar(|jar| jar.get(&name).map(|cookie| cookie.value().to_owned()));
        value.filter(|value| !value.is_empty())
    }

    /// Sets a cookie that only this host and no script reads.
    pub(crate) fn set_cookie(&self, name: &str, value: &str, seconds: Option<i64>) {
        let mut cookie = self.make_cookie(name, value.to_owned());
        if let Some(seconds) = seconds {
            cookie.set_max_age(cookie::time::Duration::seconds(seconds));
        }
        self.jar(|jar| jar.add(cookie));
    }

    /// Removes a cookie.
    pub(crate) fn remove_cookie(&self, name: &str) {
        let cookie = self.make_cookie(name, String::new());
        self.jar(|jar| jar.remove(cookie));
    }

    fn full_name(&self, name: &str) -> String {
        full_name(name, self.0.secure)
    }

    fn make_cookie(&self, name: &str, value: String) -> Cookie<'static> {
        Cookie::build((self.full_name(name), value))
            .path("/")
            .secure(self.0.secure)
            .http_only(true)
            .same_site(SameSite::Lax)
            .build()
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

/// What a cookie is called on the wire. Without TLS some browsers drop those that are for TLS alone, also
/// from this machine.
fn full_name(name: &str, secure: bool) -> String {
    if secure { format!("{HOST_PREFIX}{name}") } else { name.to_owned() }
}

/// The local address of the page that a request comes from, if it is one of this website.
fn origin(headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let page = Url::parse(text(header::REFERER)?).ok()?;
    let authority = page[url::Position::BeforeHost..url::Position::AfterPort].to_owned();
    let local = &page[url::Position::BeforePath..url::Position::AfterQuery];
    (Some(authority.as_str()) == text(header::HOST))
        .then(|| local_path(local))
        .flatten()
        .map(str::to_owned)
}

/// Those of the request's cookies that are ours.
fn cookies(headers: &HeaderMap, secure: bool) -> CookieJar {
    let ours = COOKIES.map(|name| full_name(name, secure));
    let mut jar = CookieJar::new();
    for line in headers.get_all(header::COOKIE) {
        let line = line.to_str().unwrap_or_default().to_owned();
        for cookie in Cookie::split_parse(line).flatten() {
            let known = ours.iter().any(|name| name == cookie.name());
            if known && jar.get(cookie.name()).is_none() {
                jar.add_original(cookie);
            }
        }
    }
    jar
}

//! The gateway as a client of the website's: it makes the calls of the services' contracts on behalf of
//! one visitor, whose session, address and browser go with each.
//!
//! ```ignore
//! let quotes = gateway.call(grove_quotes_api::list()).await?;
//! let sigs = gateway.public(grove_groups_api::list("sigs")).await?;
//! ```

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{body::Body, extract::FromRequestParts};
use bytes::Bytes;
use grove_client::{HttpClient, SendError};
use grove_shared::{Call, CallError, Client, Clock, call::IDEMPOTENCY_KEY, reload::Reloaded};
use grove_telemetry::RequestContext;
use http::{HeaderMap, HeaderValue, Method, Request, Uri, header, request::Parts, response};
use http_body_util::{BodyExt, Full, Limited};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use crate::{
    AppState,
    answers::{Answers, Key},
    error::PageError,
    exchange::Exchange,
};

/// How long a page waits for one call.
const TIMEOUT: Duration = Duration::from_secs(4);
/// How long a page waits for an extra.
const HASTE: Duration = Duration::from_millis(1500);
/// How long all calls of a page may take together: less than the eight seconds after which a request is given
/// up, so that the page that says so is still ours. A call with a key has all that is left of it: the
/// vending machine may be behind it, which takes its time.
const BUDGET: Duration = Duration::from_millis(7500);
/// What a problem may have.
const MAX_PROBLEM_BYTES: usize = 64 * 1024;

/// The website's way to the gateway.
#[derive(Debug, Clone)]
pub struct Connection {
    http: HttpClient,
    url: Arc<str>,
    token: Arc<Reloaded<SecretString>>,
}

impl Connection {
    /// A connection to the gateway at `url`, as the client that `token` was given to.
    pub fn new(url: &Uri, token: Reloaded<SecretString>) -> Self {
        let url = url.to_string().trim_end_matches('/').into();
        Self { http: HttpClient::new(), url, token: Arc::new(token) }
    }

    /// The body of the answer, if it is a success.
    async fn send<T>(
        &self,
        request: Request<Full<Bytes>>,
        limit: Duration,
        call: &Call<T>,
    ) -> Result<Bytes, CallError> {
        let sent = self.http.send(request, limit).await;
        let (head, body) = sent.map_err(|cause| failed(call, cause))?.into_parts();
        if head.status.is_success() { Ok(body) } else { Err(refused(call, &head, &body)) }
    }
}

/// The gateway, on behalf of one visitor.
#[derive(Debug, Clone)]
pub struct Gateway {
    connection: Connection,
    answers: Answers,
    clock: Clock,
    session: Option<SecretString>,
    address: Option<IpAddr>,
    user_agent: Option<HeaderValue>,
    timeout: Duration,
    /// When the page has to be done.
    deadline: Instant,
}

impl FromRequestParts<AppState> for Gateway {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, PageError> {
        Ok(Self::of(&Exchange::of(parts)?, state))
    }
}

impl Gateway {
    pub(crate) fn of(exchange: &Exchange, state: &AppState) -> Self {
        Self {
            connection: state.gateway.clone(),
            answers: state.answers.clone(),
            clock: state.clock.clone(),
            session: exchange.session(),
            address: exchange.address(),
            user_agent: exchange.user_agent().cloned(),
            timeout: TIMEOUT,
            deadline: exchange.began() + BUDGET,
        }
    }

    /// The same, on behalf of a stranger.
    #[must_use]
    pub fn for_stranger(&self) -> Self {
        Self { session: None, ..self.clone() }
    }

    /// The same, for a call that takes its time.
    #[must_use]
    pub fn with_patience(&self) -> Self {
        Self { timeout: BUDGET, ..self.clone() }
    }

    /// The same, for an extra that no page waits long for.
    #[must_use]
    pub fn in_haste(&self) -> Self {
        Self { timeout: HASTE, ..self.clone() }
    }

    /// What a service says to everybody: an answer that another visitor got lately, see
    /// [`crate::answers`]. It is asked by the website itself, without a trace of the visitor, so a call that
    /// is not for anyone is refused.
    ///
    /// # Errors
    /// As those of [`Client::call`].
    pub async fn public<T: Send + 'static>(&self, call: Call<T>) -> Result<T, CallError> {
        debug_assert_eq!(call.method(), Method::GET, "only reading can be repeated and left out");
        let key = Key { service: call.service().to_owned(), target: call.target()? };
        let website = Self { session: None, address: None, user_agent: None, ..self.clone() };
        let request = website.request(&call)?;
        let call = Arc::new(call);
        let (connection, question) = (self.connection.clone(), Arc::clone(&call));
        let ask = || async move {
            let answer = connection.send(request, TIMEOUT, &question).await?;
            // What cannot be read is nothing to keep.
            question.read(&answer).map(|_| answer)
        };
        let patience = self.left(self.timeout);
        call.read(&self.answers.get(key, &self.clock, patience, ask).await?)
    }

    /// What the call answers as it comes, whatever it is.
    ///
    /// # Errors
    /// As those of [`Client::call`].
    pub async fn download<T>(&self, call: &Call<T>) -> Result<Body, CallError> {
        let request = self.request(call)?;
        let sent = self.connection.http.open(request, self.left(self.timeout)).await;
        let (head, body) = sent.map_err(|cause| failed(call, cause))?.into_parts();
        if head.status.is_success() {
            return Ok(Body::new(body));
        }
        let problem = Limited::new(body, MAX_PROBLEM_BYTES).collect().await;
        let problem = problem.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        Err(refused(call, &head, &problem))
    }

    /// How long a call may take that is made now.
    fn left(&self, timeout: Duration) -> Duration {
        timeout.min(self.deadline.saturating_duration_since(Instant::now()))
    }

    fn request<T>(&self, call: &Call<T>) -> Result<Request<Full<Bytes>>, CallError> {
        let url = format!("{}{}", self.connection.url, call.target()?);
        let mut request = Request::builder().method(call.method()).uri(url);
        let body = match call.body()? {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Full::from(body.to_string())
            }
            None => Full::default(),
        };
        if let Some(key) = call.key() {
            request = request.header(IDEMPOTENCY_KEY, key);
        }
        if let Some(headers) = request.headers_mut() {
            self.introduce(headers);
        }
        request.body(body).map_err(|cause| call.unavailable(cause))
    }

    /// Tells who calls, and for whom.
    fn introduce(&self, headers: &mut HeaderMap) {
        RequestContext::current().unwrap_or_default().apply(headers);
        let mut secret = |name: &'static str, text: String| {
            if let Ok(mut value) = HeaderValue::try_from(text) {
                value.set_sensitive(true);
                headers.insert(name, value);
            }
        };
        secret("authorization", format!("Bearer {}", self.connection.token.get().expose_secret()));
        if let Some(session) = &self.session {
            secret("token", session.expose_secret().to_owned());
        }
        if let Some(address) = self.address.and_then(|address| address.to_string().parse().ok()) {
            headers.insert("x-forwarded-for", address);
        }
        if let Some(browser) = &self.user_agent {
            headers.insert(header::USER_AGENT, browser.clone());
        }
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    }
}

impl Client for Gateway {
    async fn call<T: Send>(&self, call: Call<T>) -> Result<T, CallError> {
        let timeout = if call.key().is_some() { BUDGET } else { self.timeout };
        let answer = self.connection.send(self.request(&call)?, self.left(timeout), &call).await;
        // Whatever a page shows of that service, who has changed it sees the change.
        if !call.method().is_safe() && !matches!(answer, Err(CallError::Refused { .. })) {
            self.answers.forget(call.service());
        }
        call.read(&answer?)
    }
}

fn failed<T>(call: &Call<T>, cause: SendError) -> CallError {
    match cause {
        SendError::Connect(_) => call.unreachable(cause),
        SendError::Lost(_) => call.unavailable(cause),
    }
}

fn refused<T>(call: &Call<T>, head: &response::Parts, body: &[u8]) -> CallError {
    let retry_after = head.headers.get(header::RETRY_AFTER);
    let retry_after = retry_after.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
    match call.failure(head.status, retry_after.map(Duration::from_secs), body) {
        CallError::Refused { service, status, message, fields, retry_after } => {
            let message = if message.is_empty() { "This was refused.".to_owned() } else { message };
            CallError::Refused { service, status, message, fields, retry_after }
        }
        error => error,
    }
}

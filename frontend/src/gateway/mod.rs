//! A typed client of the gateway: one method a call, grouped by subject.
//!
//! [`Connection`] is the website's way to the gateway; a [`Gateway`] is that connection on behalf of
//! one visitor, whose session, address and browser go with each call.

mod accounts;
mod events;
mod groups;
mod quotes;
mod users;

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::extract::FromRequestParts;
use grove_shared::{peer, request::RequestContext};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use url::Url;

use crate::{AppState, error::PageError, exchange::Exchange};

pub use self::{
    accounts::SessionOwner,
    events::{Event, Place},
};

/// How long a page waits for one call; a page makes two in a row at most.
const PATIENCE: Duration = Duration::from_secs(4);

/// The website's way to the gateway.
#[derive(Debug, Clone)]
pub struct Connection {
    http: reqwest::Client,
    url: Arc<Url>,
    token: SecretString,
}

impl Connection {
    /// A connection to the gateway at `url`, as the client that `token` was given to.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(url: Url, token: SecretString) -> anyhow::Result<Self> {
        Ok(Self { http: peer::http_client()?, url: Arc::new(url), token })
    }
}

/// Why a call gave no result.
#[derive(Debug, Clone, thiserror::Error)]
pub enum GatewayError {
    /// The gateway, or the service behind it, will not do this.
    #[error("the gateway answered {status}: {message}")]
    Refused {
        /// 400 to 499.
        status: StatusCode,
        /// A sentence for the person who asked.
        message: String,
        /// When it will take such a call again, if it said so.
        retry_after: Option<Duration>,
    },
    /// There was no answer, or none that makes sense.
    #[error("the gateway is not available: {0}")]
    Unavailable(String),
}

/// What is wrong with something that a visitor typed or asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// 400 or 409.
    pub status: StatusCode,
    /// A sentence for the visitor.
    pub message: String,
}

impl GatewayError {
    /// What belongs next to the form that was sent.
    ///
    /// # Errors
    /// When the failure has nothing to do with what was typed: that is a page of its own.
    pub fn refusal(self) -> Result<Refusal, PageError> {
        match self {
            Self::Refused { status, message, .. }
                if matches!(status, StatusCode::BAD_REQUEST | StatusCode::CONFLICT) =>
            {
                Ok(Refusal { status, message })
            }
            error => Err(error.into()),
        }
    }
}

/// The gateway, on behalf of one visitor.
#[derive(Debug, Clone)]
pub struct Gateway {
    connection: Connection,
    session: Option<SecretString>,
    address: Option<IpAddr>,
    user_agent: Option<HeaderValue>,
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
            session: exchange.session(),
            address: exchange.address(),
            user_agent: exchange.user_agent().cloned(),
        }
    }

    async fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T, GatewayError> {
        self.send(Method::GET, path, &[], None).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<T, GatewayError> {
        self.send(Method::POST, path, &[], Some(encode(body)?)).await
    }

    async fn put<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<T, GatewayError> {
        self.send(Method::PUT, path, &[], Some(encode(body)?)).await
    }

    async fn delete<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T, GatewayError> {
        self.send(Method::DELETE, path, &[], Some(json!({}))).await
    }

    /// One call. Each element of `path` is one segment, whatever it holds.
    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<T, GatewayError> {
        let url = self.url(path)?;
        let mut request = self.connection.http.request(method, url).timeout(PATIENCE);
        request = request.headers(self.headers());
        if !query.is_empty() {
            request = request.query(query);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let reply = request.send().await.map_err(unavailable)?;
        if reply.status().is_success() {
            return reply.json().await.map_err(unavailable);
        }
        Err(failure(reply).await)
    }

    fn url(&self, path: &[&str]) -> Result<Url, GatewayError> {
        // The parser would drop such a segment and so name another thing.
        if path.iter().any(|segment| matches!(*segment, "" | "." | "..")) {
            return Err(GatewayError::Refused {
                status: StatusCode::NOT_FOUND,
                message: "Not found".to_owned(),
                retry_after: None,
            });
        }
        let mut url = Url::clone(&self.connection.url);
        match url.path_segments_mut() {
            Ok(mut segments) => drop(segments.pop_if_empty().extend(path)),
            Err(()) => return Err(GatewayError::Unavailable("it has no proper URL".to_owned())),
        }
        Ok(url)
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        RequestContext::current().unwrap_or_default().apply(&mut headers);
        let mut secret = |name: &'static str, text: String| {
            if let Ok(mut value) = HeaderValue::try_from(text) {
                value.set_sensitive(true);
                headers.insert(name, value);
            }
        };
        secret("authorization", format!("Bearer {}", self.connection.token.expose_secret()));
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
        headers
    }
}

fn encode(body: &impl Serialize) -> Result<Value, GatewayError> {
    serde_json::to_value(body).map_err(|cause| GatewayError::Unavailable(cause.to_string()))
}

fn unavailable(cause: reqwest::Error) -> GatewayError {
    // Without its URL, which may hold a token.
    let cause = anyhow::Error::from(cause.without_url());
    GatewayError::Unavailable(format!("{cause:#}"))
}

async fn failure(reply: reqwest::Response) -> GatewayError {
    let status = reply.status();
    if !status.is_client_error() {
        return GatewayError::Unavailable(format!("it answered {status}"));
    }
    let retry_after = reply.headers().get(header::RETRY_AFTER);
    let retry_after = retry_after.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
    let problem: Value = reply.json().await.unwrap_or_default();
    let message = problem["error"].as_str().unwrap_or("This was refused.").to_owned();
    GatewayError::Refused { status, message, retry_after: retry_after.map(Duration::from_secs) }
}

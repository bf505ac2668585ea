//! A typed client of the gateway: one method a call, grouped by subject.
//!
//! [`Connection`] is the website's way to the gateway; a [`Gateway`] is that connection on behalf of
//! one visitor, whose session, address and browser go with each call.

mod accounts;
mod credits;
mod directory;
mod error;
mod events;
mod gigs;
mod groups;
mod merch;
mod notifications;
mod outbox;
mod quotes;
mod status;
mod users;

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{body::Body, extract::FromRequestParts};
use grove_shared::{
    peer::{self, IDEMPOTENCY_KEY},
    reload::Reloaded,
    request::RequestContext,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use url::Url;

use crate::{AppState, error::PageError, exchange::Exchange, once::OnceKey};

use self::error::{failure, unavailable};
pub use self::{
    accounts::SessionOwner,
    credits::{Debt, History, Part, Payment, PaymentOptions, Price, Proof},
    directory::{DirectoryStatus, Drift, Missing, Repair, Surplus},
    error::{GatewayError, Refusal},
    events::{Event, Place},
    merch::Assignment,
    notifications::{
        ChannelState, Channels, Deliveries, Delivery, KindState, LogPart, Preference, Preview,
    },
};

/// How long a page waits for one call; a page makes two in a row at most.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long it waits for a call that is made once: the vending machine takes its time.
const PATIENCE_ONCE: Duration = Duration::from_secs(12);
/// How long a download may take.
const PATIENCE_DOWNLOAD: Duration = Duration::from_mins(1);

/// The website's way to the gateway.
#[derive(Debug, Clone)]
pub struct Connection {
    http: reqwest::Client,
    url: Arc<Url>,
    token: Arc<Reloaded<SecretString>>,
}

impl Connection {
    /// A connection to the gateway at `url`, as the client that `token` was given to.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(url: Url, token: Reloaded<SecretString>) -> anyhow::Result<Self> {
        Ok(Self { http: peer::http_client()?, url: Arc::new(url), token: Arc::new(token) })
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

    async fn get_with<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, GatewayError> {
        self.send(Method::GET, path, query, None).await
    }

    /// A call that has one effect however often it is made with this key.
    async fn post_once<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
        key: &OnceKey,
    ) -> Result<T, GatewayError> {
        let request = self.request(Method::POST, path, &[], Some(encode(body)?))?;
        let request = request.header(IDEMPOTENCY_KEY, key.as_str()).timeout(PATIENCE_ONCE);
        read(successful(request).await?).await
    }

    /// Something that is not JSON, in pieces as they come.
    async fn download(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Body, GatewayError> {
        let request = self.request(Method::GET, path, query, None)?;
        let reply = successful(request.timeout(PATIENCE_DOWNLOAD)).await?;
        Ok(Body::from_stream(reply.bytes_stream()))
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

    async fn delete_with<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, GatewayError> {
        self.send(Method::DELETE, path, query, Some(json!({}))).await
    }

    /// One call. Each element of `path` is one segment, whatever it holds.
    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<T, GatewayError> {
        read(successful(self.request(method, path, query, body)?).await?).await
    }

    fn request(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<reqwest::RequestBuilder, GatewayError> {
        let request = self.connection.http.request(method, self.url(path)?).timeout(PATIENCE);
        let request = request.headers(self.headers());
        let request = if query.is_empty() { request } else { request.query(query) };
        Ok(match body {
            Some(body) => request.json(&body),
            None => request,
        })
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
        headers
    }
}

fn encode(body: &impl Serialize) -> Result<Value, GatewayError> {
    serde_json::to_value(body).map_err(|cause| GatewayError::Unavailable(cause.to_string()))
}

async fn successful(request: reqwest::RequestBuilder) -> Result<reqwest::Response, GatewayError> {
    let reply = request.send().await.map_err(unavailable)?;
    if reply.status().is_success() { Ok(reply) } else { Err(failure(reply).await) }
}

async fn read<T: DeserializeOwned>(reply: reqwest::Response) -> Result<T, GatewayError> {
    reply.json().await.map_err(unavailable)
}

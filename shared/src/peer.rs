//! Calls from one service to another: signed, bounded in time, named after the request they serve.

use std::{sync::Arc, time::Duration};

use http::{HeaderName, Method, StatusCode};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    ApiError,
    config::PeerUrls,
    contact::Contacts,
    identity::{IDENTITY, SigningKey},
    outside,
    request::RequestContext,
    traces::{Kind, Span},
};

/// Makes a repeated call have one effect (draft-ietf-httpapi-idempotency-key-header).
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Servers close idle connections after ten seconds; a client that lets go earlier never sends a
/// request into a connection that is being closed.
pub const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// Between two tries to connect to a service that is being replaced.
const PAUSE: Duration = Duration::from_millis(50);

/// The other services, as one service calls them.
#[derive(Debug, Clone)]
pub struct Peers {
    http: reqwest::Client,
    key: Arc<SigningKey>,
    urls: Arc<PeerUrls>,
    contacts: Arc<Contacts>,
}

/// Why a call to another service gave no result.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// It did not answer, or said that it cannot now: the same call may succeed later.
    #[error("{peer} is unavailable: {reason}")]
    Unavailable {
        /// The service that was called.
        peer: String,
        /// What happened instead of an answer.
        reason: String,
    },
    /// It answered that it will not do this: repeating the same call is pointless, but for 429.
    #[error("{peer} answered {status}: {message}")]
    Refused {
        /// The service that was called.
        peer: String,
        /// The status of its answer, 400 to 499.
        status: StatusCode,
        /// The `error` of its answer.
        message: String,
        /// When it will take such a call again, if it said so.
        retry_after: Option<Duration>,
    },
}

impl From<PeerError> for ApiError {
    fn from(error: PeerError) -> Self {
        match &error {
            PeerError::Unavailable { peer, .. } => {
                Self::unavailable(format!("{peer} does not answer, please try again"))
                    .because(error)
            }
            PeerError::Refused { .. } => Self::internal(error),
        }
    }
}

/// An HTTP client for calls inside Grove: a second to connect, five for the whole call.
///
/// # Errors
/// When the client cannot be built, which is a fault of the machine's set-up.
pub fn http_client() -> anyhow::Result<reqwest::Client> {
    Ok(outside::client_builder()
        .connect_timeout(Duration::from_secs(1))
        .timeout(Duration::from_secs(5))
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()?)
}

impl Peers {
    /// The services at `urls`, called under the name of `key`'s owner.
    ///
    /// # Errors
    /// As [`http_client`].
    pub fn new(key: SigningKey, urls: PeerUrls) -> anyhow::Result<Self> {
        let (http, contacts) = (http_client()?, Arc::default());
        Ok(Self { http, key: Arc::new(key), urls: Arc::new(urls), contacts })
    }

    /// The service that calls.
    pub fn own_name(&self) -> &str {
        self.key.owner()
    }

    /// Calls `method path` of `peer` with `body`, and reads the JSON that comes back.
    ///
    /// # Errors
    /// See [`PeerError`]; a 5xx counts as unavailable.
    pub async fn call<T: DeserializeOwned>(
        &self,
        peer: &str,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, PeerError> {
        self.call_once(peer, method, path, body, None).await
    }

    /// As [`Peers::call`], with a key that makes repetitions harmless.
    ///
    /// # Errors
    /// As [`Peers::call`].
    pub async fn call_once<T: DeserializeOwned>(
        &self,
        peer: &str,
        method: Method,
        path: &str,
        body: &impl Serialize,
        idempotency_key: Option<&str>,
    ) -> Result<T, PeerError> {
        let hop = RequestContext::current().unwrap_or_default().hop();
        let own_name = self.own_name();
        let mut step = Span::begin(&hop, own_name, Kind::Client, || format!("{method} {peer}"));
        step.note("peer.service", || peer);
        let unavailable = |reason: String| PeerError::Unavailable { peer: peer.to_owned(), reason };
        let sent = self.send(peer, method, path, body, idempotency_key, &hop).await;
        let status = sent.as_ref().ok().map(reqwest::Response::status);
        if status.is_none_or(|status| status.is_server_error()) {
            step.fail();
        }
        let reply = sent.map_err(unavailable)?;
        let status = reply.status();
        if status.is_success() {
            return reply.json().await.map_err(|cause| unavailable(cause.to_string()));
        }
        if status.is_server_error() {
            return Err(unavailable(format!("it answered {status}")));
        }
        Err(refusal(peer, reply).await)
    }

    /// Sends the call that `hop` names; says why when there is no answer.
    async fn send(
        &self,
        peer: &str,
        method: Method,
        path: &str,
        body: &impl Serialize,
        idempotency_key: Option<&str>,
        hop: &RequestContext,
    ) -> Result<reqwest::Response, String> {
        let url = self.urls.0.get(peer).ok_or("it has no URL")?;
        let url = url.join(path).map_err(|cause| cause.to_string())?;
        let identity = self.key.sign_own(peer).map_err(|cause| cause.to_string())?;
        let mut request = self.http.request(method, url).header(IDENTITY, identity).json(body);
        if let Some(key) = idempotency_key {
            request = request.header(IDEMPOTENCY_KEY, key);
        }
        let mut headers = http::HeaderMap::new();
        hop.apply(&mut headers);
        let request = request.headers(headers);
        let request = request.build().map_err(|cause| cause.to_string())?;
        self.deliver(peer, request).await
    }

    /// Sends a request, and again as long as nothing of it went out because the service is being replaced.
    async fn deliver(
        &self,
        peer: &str,
        mut request: reqwest::Request,
    ) -> Result<reqwest::Response, String> {
        loop {
            let again = request.try_clone();
            match (self.http.execute(request).await, again) {
                (Ok(reply), _) => {
                    self.contacts.answered(peer);
                    return Ok(reply);
                }
                (Err(cause), Some(again))
                    if cause.is_connect() && self.contacts.may_come_back(peer) =>
                {
                    tokio::time::sleep(PAUSE).await;
                    request = again;
                }
                (Err(cause), _) => return Err(format!("{:#}", anyhow::Error::from(cause))),
            }
        }
    }
}

async fn refusal(peer: &str, reply: reqwest::Response) -> PeerError {
    let status = reply.status();
    let retry_after = reply.headers().get(http::header::RETRY_AFTER);
    let retry_after = retry_after.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
    let problem: serde_json::Value = reply.json().await.unwrap_or_default();
    let message = problem["error"].as_str().unwrap_or_default().to_owned();
    let retry_after = retry_after.map(Duration::from_secs);
    PeerError::Refused { peer: peer.to_owned(), status, message, retry_after }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, time::Instant};

    use axum::{Router, routing::post};
    use serde_json::{Value, json};
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::{extract::Json, server};

    #[tokio::test]
    async fn a_call_waits_for_a_service_that_has_just_gone_and_not_for_one_that_stays_away() {
        let listener = server::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let url = format!("http://{address}/").parse().unwrap();
        let urls = PeerUrls(HashMap::from([("quotes".to_owned(), url)]));
        let key = SigningKey::new("users", &SigningKey::generate_secret()).unwrap();
        let peers = Peers::new(key, urls).unwrap();
        let routes = Router::new().route("/", post(async || Json(json!({ "ok": true }))));
        let start = |listener, stop: &CancellationToken| {
            tokio::spawn(server::serve(listener, routes.clone(), stop.clone()))
        };
        let call = async || peers.call::<Value>("quotes", Method::POST, "/", &json!({})).await;

        let stop = CancellationToken::new();
        let first = start(listener, &stop);
        call().await.unwrap();
        stop.cancel();
        first.await.unwrap();

        let last = CancellationToken::new();
        let waits = call();
        let mut second = None;
        let comes_back = async {
            tokio::time::sleep(4 * PAUSE).await;
            second = Some(start(server::bind(address).await.unwrap(), &last));
        };
        let (answer, ()) = tokio::join!(waits, comes_back);
        answer.unwrap();

        last.cancel();
        second.unwrap().await.unwrap();
        let began = Instant::now();
        call().await.unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
        let began = Instant::now();
        call().await.unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    }
}

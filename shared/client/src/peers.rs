//! Calls from one service to another: signed, bounded in time, named after the request they serve.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use grove_identity::{IDENTITY, SigningKey};
use grove_shared::{
    Call, CallError, Client, Service,
    call::IDEMPOTENCY_KEY,
    config::{PeerUrls, ServiceConfig},
};
use grove_telemetry::{
    request::RequestContext,
    traces::{Kind, Span},
};
use http::{Request, Response, header};
use http_body_util::Full;

use crate::{
    contact::Contacts,
    http_client::{CALL_TIMEOUT, HttpClient, SendError},
};

/// Between two tries to connect to a service that is being replaced.
const PAUSE: Duration = Duration::from_millis(50);

/// The other services, as one service calls them.
#[derive(Debug, Clone)]
pub struct Peers {
    http: HttpClient,
    key: Arc<SigningKey>,
    urls: Arc<PeerUrls>,
    contacts: Arc<Contacts>,
}

impl Peers {
    /// The services that the owner of `key` calls. Those whose place `urls` does not tell are on this
    /// machine, at their usual ports.
    ///
    /// # Errors
    /// When there is no URL for a service's port, which is never so.
    pub fn new(key: SigningKey, urls: PeerUrls, services: &[Service]) -> anyhow::Result<Self> {
        let mut urls = urls;
        for service in services {
            urls.or_insert(service.name, &format!("http://127.0.0.1:{}", service.port))?;
        }
        let (http, contacts) = (HttpClient::new(), Arc::default());
        Ok(Self { http, key: Arc::new(key), urls: Arc::new(urls), contacts })
    }

    /// The services that `owner` calls, as it is configured.
    ///
    /// # Errors
    /// When no key is configured or it is malformed.
    pub fn from_config(
        config: &ServiceConfig,
        owner: Service,
        services: &[Service],
    ) -> anyhow::Result<Self> {
        let key = SigningKey::from_config(&config.identity, owner.name)?;
        Self::new(key, config.peers.clone(), services)
    }

    /// The service that calls.
    pub fn own_name(&self) -> &str {
        self.key.owner()
    }

    /// Sends the call that `hop` names.
    async fn send<T>(
        &self,
        call: &Call<T>,
        hop: &RequestContext,
    ) -> Result<Response<Bytes>, CallError> {
        let unavailable = |cause: anyhow::Error| call.unavailable(format_args!("{cause:#}"));
        let url = self.urls.get(call.service()).ok_or_else(|| call.unavailable("it has no URL"))?;
        let url = format!("{}{}", url.to_string().trim_end_matches('/'), call.target()?);
        let identity = self.key.sign_own(call.service()).map_err(unavailable)?;
        let mut request = Request::builder().method(call.method()).uri(url);
        request = request.header(IDENTITY, identity);
        if let Some(key) = call.key() {
            request = request.header(IDEMPOTENCY_KEY, key);
        }
        let body = match call.body()? {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Full::from(body.to_string())
            }
            None => Full::default(),
        };
        if let Some(headers) = request.headers_mut() {
            hop.apply(headers);
        }
        let request = request.body(body).map_err(|cause| unavailable(cause.into()))?;
        self.deliver(call.service(), request).await.map_err(|cause| match cause {
            SendError::Connect(_) => call.unreachable(cause),
            SendError::Lost(_) => call.unavailable(cause),
        })
    }

    /// Sends a request, and again as long as nothing of it went out because the service is being replaced.
    async fn deliver(
        &self,
        peer: &str,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Bytes>, SendError> {
        loop {
            match self.http.send(request.clone(), CALL_TIMEOUT).await {
                Ok(reply) => {
                    self.contacts.answered(peer);
                    return Ok(reply);
                }
                Err(SendError::Connect(_)) if self.contacts.may_come_back(peer) => {
                    tokio::time::sleep(PAUSE).await;
                }
                Err(cause) => return Err(cause),
            }
        }
    }
}

impl Client for Peers {
    /// Makes a call, signed for this service.
    async fn call<T: Send>(&self, call: Call<T>) -> Result<T, CallError> {
        let hop = RequestContext::current().unwrap_or_default().hop();
        let mut step = Span::begin(&hop, self.own_name(), Kind::Client, || {
            format!("{} {}", call.method(), call.service())
        });
        step.note("peer.service", || call.service());
        let sent = self.send(&call, &hop).await;
        if sent.as_ref().map_or(true, |reply| reply.status().is_server_error()) {
            step.fail();
        }
        let reply = sent?;
        if reply.status().is_success() {
            return call.read(reply.body());
        }
        let retry_after = reply.headers().get(header::RETRY_AFTER);
        let retry_after = retry_after.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
        let retry_after = retry_after.map(Duration::from_secs);
        Err(call.failure(reply.status(), retry_after, reply.body()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use axum::{Router, routing::post};
    use grove_http::{extract::Json, server};
    use serde_json::{Value, json};
    use tokio_util::sync::CancellationToken;

    use super::*;

    const SHELVES: Service = Service { name: "shelves", port: 1 };

    #[tokio::test]
    async fn a_call_waits_for_a_service_that_has_just_gone_and_not_for_one_that_stays_away() {
        let listener = server::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let urls = format!("shelves=http://{address}/").parse().unwrap();
        let key = SigningKey::new("users", &SigningKey::generate_secret()).unwrap();
        let peers = Peers::new(key, urls, &[SHELVES]).unwrap();
        let routes = Router::new().route("/", post(async || Json(json!({ "ok": true }))));
        let start = |listener, stop: &CancellationToken| {
            tokio::spawn(server::serve(listener, routes.clone(), stop.clone()))
        };
        let call = async || peers.call(Call::<Value>::post(SHELVES, "/", &[])).await;

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

//! The services behind the gateway, and what it asks them for itself.

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::Bytes;
use grove_identity::{GATEWAY, IDENTITY, SigningKey};
use grove_shared::{Call, CallError, Client, call::IDEMPOTENCY_KEY, config::PeerUrls};
use grove_telemetry::{
    RequestContext,
    traces::{Kind, Span},
};
use http::{HeaderValue, Method, Request, Response, Uri, header};
use http_body_util::{BodyExt, Limited};
use tokio::time::timeout;

use crate::{
    body::RequestBody,
    proxy::{Delivery, DeliveryError, Timeouts},
    upstream::Upstream,
};

/// How long a service has to answer a question of the gateway, for which a request waits.
const TIMEOUT: Duration = Duration::from_secs(2);
/// What an answer may have: more is a fault.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// Every service, by its name.
#[derive(Debug, Clone)]
pub(crate) struct Services(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    upstreams: HashMap<String, Arc<Upstream>>,
    key: SigningKey,
    hold: Duration,
}

impl Services {
    /// The services at `urls`, to whom the gateway speaks with `key`. One that has just gone is waited for
    /// as long as `hold`.
    ///
    /// # Errors
    /// When a URL is malformed.
    pub(crate) fn new(urls: &PeerUrls, key: SigningKey, hold: Duration) -> anyhow::Result<Self> {
        let upstreams = urls
            .iter()
            .map(|(name, url)| Ok((name.to_owned(), Arc::new(Upstream::new(name, url)?))));
        let upstreams = upstreams.collect::<anyhow::Result<_>>()?;
        Ok(Self(Arc::new(Inner { upstreams, key, hold })))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<Upstream>> {
        self.0.upstreams.get(name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Upstream>> {
        self.0.upstreams.values()
    }

    /// Sends the call that `hop` names, signed by the gateway.
    async fn send<T>(
        &self,
        call: &Call<T>,
        hop: &RequestContext,
    ) -> Result<Response<Bytes>, CallError> {
        let fault = |cause: anyhow::Error| call.unavailable(format_args!("{cause:#}"));
        let upstream = self.get(call.service()).ok_or_else(|| call.unavailable("it has no URL"))?;
        let target: Uri =
            call.target()?.parse().map_err(|cause| fault(anyhow::Error::from(cause)))?;
        let identity = self.0.key.sign_own(call.service()).map_err(fault)?;
        let mut request = Request::new(match call.body()? {
            Some(body) => RequestBody::Buffered(body.to_string().into()),
            None => RequestBody::Empty,
        });
        *request.method_mut() = call.method().clone();
        *request.uri_mut() = target;
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in [(IDENTITY, Some(identity.as_str())), (IDEMPOTENCY_KEY, call.key())] {
            if let Some(value) = value {
                headers.insert(
                    name,
                    value.parse().map_err(|cause| fault(anyhow::Error::from(cause)))?,
                );
            }
        }
        hop.apply(headers);
        let timeouts = Timeouts { response: TIMEOUT, hold: self.0.hold, idle: TIMEOUT };
        ask(upstream, request, &timeouts).await.map_err(|cause| match cause {
            DeliveryError::Unreachable(_) => call.unreachable(cause),
            _ => call.unavailable(cause),
        })
    }
}

/// What the gateway asks can be asked twice: it has no effect, or the same one.
impl Client for Services {
    async fn call<T: Send>(&self, call: Call<T>) -> Result<T, CallError> {
        let hop = RequestContext::current().unwrap_or_default().hop();
        let mut step = Span::begin(&hop, GATEWAY, Kind::Client, || {
            format!("{} {}", call.method(), call.service())
        });
        step.note("peer.service", || call.service());
        let sent = self.send(&call, &hop).await;
        if sent.as_ref().map_or(true, |answer| answer.status().is_server_error()) {
            step.fail();
        }
        let answer = sent?;
        if answer.status().is_success() {
            return call.read(answer.body());
        }
        Err(call.failure(answer.status(), None, answer.body()))
    }
}

/// What `upstream` answers to `GET path` within `limit`, if it is a success.
pub(crate) async fn look(
    upstream: &Arc<Upstream>,
    path: &'static str,
    limit: Duration,
) -> Option<Bytes> {
    let mut request = Request::new(RequestBody::Empty);
    *request.method_mut() = Method::GET;
    *request.uri_mut() = Uri::from_static(path);
    let timeouts = Timeouts { response: limit, hold: Duration::ZERO, idle: limit };
    let answer = timeout(limit, ask(upstream, request, &timeouts)).await.ok()?.ok()?;
    answer.status().is_success().then(|| answer.into_body())
}

/// Sends a request of the gateway's own and reads the whole answer.
async fn ask(
    upstream: &Arc<Upstream>,
    mut request: Request<RequestBody>,
    timeouts: &Timeouts,
) -> Result<Response<Bytes>, DeliveryError> {
    request.headers_mut().insert(header::HOST, upstream.authority.clone());
    let answer = Delivery::new(upstream, timeouts, request, true).run().await?;
    let (head, body) = answer.into_parts();
    let read = timeout(timeouts.response, Limited::new(body, MAX_ANSWER_BYTES).collect());
    let body = read.await.map_err(|_| DeliveryError::TimedOut)?;
    let body = body.map_err(|cause| DeliveryError::Lost(anyhow::anyhow!(cause)))?;
    Ok(Response::from_parts(head, body.to_bytes()))
}

//! The life of a request: one function a stage.

use std::{convert::Infallible, panic::AssertUnwindSafe, sync::Arc};

use axum::body::Body;
use futures_util::FutureExt;
use grove_http::{ApiError, host, server::ReceivedBody};
use grove_identity::{GATEWAY, IDENTITY, Identity, SigningKey};
use grove_shared::{Clock, call::IDEMPOTENCY_KEY};
use grove_telemetry::{
    metrics,
    request::{REQUEST_ID, RequestContext},
    traces::{Kind, Span},
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header, request::Parts};
use http_body_util::Either;
use sqlx::MySqlPool;
use tracing::Instrument;

use crate::{
    body::RequestBody,
    caller,
    callers::Callers,
    config::{Config, Limits},
    cors::{self, Cors},
    docs, headers,
    in_flight::InFlight,
    matching::Paths,
    observe::{Exchange, Metrics},
    openapi::Description,
    own::{self, Answer},
    path,
    proxy::{Delivery, Timeouts},
    registry::Registry,
    reply::ReplyBody,
    routes::{DESCRIPTION, DOCS, Route, STATUS, table},
    services::Services,
    session::Sessions,
    signer::Signer,
    status::Watch,
    tunnel::{self, Tunnels},
    upstream::Upstream,
};

/// The longest body that is kept for sending it again, in bytes.
const REPEATABLE_BODY: u64 = 64 * 1024;

/// The gateway, without the sockets that it listens on.
#[derive(Debug, Clone)]
pub struct Gateway(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    paths: Paths,
    pub(crate) callers: Callers,
    signer: Signer,
    pub(crate) services: Services,
    cors: Cors,
    limits: Limits,
    in_flight: InFlight,
    metrics: Metrics,
    pub(crate) tunnels: Tunnels,
    pub(crate) watch: Watch,
    description: Description,
}

/// What a request is for.
enum Destination {
    /// A route of the table.
    Route(&'static Route),
    /// The gateway, which has answered.
    Own(Answer),
}

impl Gateway {
    /// Puts the gateway together. It knows the clients of `db`, and asks nobody for a token when
    /// there is none; it signs with `key`.
    ///
    /// # Errors
    /// When the URL of a service or an origin is malformed.
    pub fn new(
        config: &Config,
        db: Option<MySqlPool>,
        key: SigningKey,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        metrics::install();
        let services = Services::new(&config.upstreams, key.clone(), config.limits.hold)?;
        let backup = config.backup_status_file.clone();
        Ok(Self(Arc::new(Inner {
            paths: Paths::new(table())?,
            watch: Watch::new(services.clone(), backup, clock.now()),
            callers: Callers {
                registry: db.map(|db| Registry::new(db, clock.clone())),
                sessions: Sessions::new(services.clone(), clock),
                proxies: config.trusted_proxies.clone(),
            },
            signer: Signer::new(key),
            services,
            cors: Cors::new(&config.cors_origins)?,
            limits: config.limits.clone(),
            in_flight: InFlight::new(config.limits.in_flight, config.limits.in_flight_of_one),
            metrics: Metrics::default(),
            tunnels: Tunnels::new(config.limits.idle_timeout),
            description: Description::default(),
        })))
    }

    /// Answers a request, whatever happens.
    pub(crate) async fn answer(self, request: Request<ReceivedBody>) -> Result<Answer, Infallible> {
        let gateway = &*self.0;
        let context = RequestContext::from_headers(request.headers()).served_by(GATEWAY);
        let span = tracing::info_span!("request", request.id = context.id);
        let mut exchange = Exchange::begin(&context, request.method(), &gateway.metrics);
        let id = HeaderValue::from_str(&context.id).ok();
        let origin = gateway.cors.origin(request.headers());
        let answered = async {
            let stages = AssertUnwindSafe(gateway.serve(request, &mut exchange)).catch_unwind();
            let panicked = || anyhow::anyhow!("a request made the gateway panic");
            let answered = stages.await.unwrap_or_else(|_| Err(ApiError::internal(panicked())));
            answered.unwrap_or_else(own::refuse)
        };
        let mut answer = context.scope(answered.instrument(span)).await;
        let headers = answer.headers_mut();
        gateway.cors.apply(origin, headers);
        headers::protect(headers);
        if let Some(id) = id {
            headers.insert(REQUEST_ID, id);
        }
        exchange.answered(answer.status());
        Ok(answer)
    }
}

impl Inner {
    async fn serve(
        &self,
        mut request: Request<ReceivedBody>,
        exchange: &mut Exchange<'_>,
    ) -> Result<Answer, ApiError> {
        let upgrade = tunnel::is_requested(request.method(), request.headers())
            .then(|| hyper::upgrade::on(&mut request));
        let (mut parts, incoming) = request.into_parts();
        let route = match self.destination(&parts, exchange)? {
            Destination::Route(route) => route,
            Destination::Own(answer) => return Ok(answer),
        };
        let mut admitted = self.in_flight.admit()?;
        let mut body = RequestBody::new(incoming, self.limits.body_limit, self.limits.body_timeout);
        let requester = self.callers.find(route, &parts, &mut body, exchange).await?;
        caller::authorize(&requester.subject, route.access)?;
        let identity = self.callers.identity(requester, &parts);
        admitted.count_for(&identity)?;
        if route.service == GATEWAY {
            return self.own(route, parts.uri.path()).await;
        }
        body.check_size()?;
        self.prepare(route, identity, &mut parts, upgrade.is_some())?;
        let harmless = self.is_harmless_twice(route, &parts, &mut body).await?;
        let hop = RequestContext::current().unwrap_or_default().hop();
        hop.apply(&mut parts.headers);
        let mut delivery = self.delivery(route, parts, body, harmless)?;
        let mut answer = self.forward(route, &mut delivery, &hop).await?;
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            self.tunnels.join(upgrade, &mut answer)?;
        }
        Ok(answer.map(Either::Left))
    }

    /// What the gateway answers itself to a request of `path`.
    async fn own(&self, route: &Route, path: &str) -> Result<Answer, ApiError> {
        match route.path {
            STATUS => Ok(own::json(&self.watch.look().await)),
            DESCRIPTION => Ok(own::json(&*self.description.get(&self.services).await)),
            DOCS => Ok(docs::page()),
            _ => docs::file(path),
        }
    }

    /// Without client tokens every page that a developer looks at could ask, if its name led here.
    fn check_host(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let is_this_machine = || headers.get(header::HOST).is_some_and(host::is_this_machine);
        if self.callers.registry.is_some() || is_this_machine() {
            return Ok(());
        }
        let message = "Without client tokens the gateway is for programs of this machine";
        Err(ApiError::new(StatusCode::MISDIRECTED_REQUEST, message))
    }

    /// Finds the route, or answers what is not for a service.
    fn destination(
        &self,
        parts: &Parts,
        exchange: &mut Exchange<'_>,
    ) -> Result<Destination, ApiError> {
        self.check_host(&parts.headers)?;
        path::check(parts.uri.path())?;
        if parts.uri.path() == "/" {
            exchange.route = "/";
            return Ok(Destination::Own(own::index(&parts.method)));
        }
        let path = self.paths.find(parts.uri.path());
        let path = path.ok_or_else(|| ApiError::not_found("Not found"))?;
        exchange.route = path.pattern;
        if parts.method == Method::OPTIONS {
            let origin = self.cors.origin(&parts.headers).is_some();
            let answer = cors::preflight::<Body>(path.allow.clone(), origin);
            return Ok(Destination::Own(answer.map(Either::Right)));
        }
        let Some(route) = path.route(&parts.method) else {
            return Ok(Destination::Own(own::not_allowed(path.allow.clone())));
        };
        exchange.service = route.service;
        Ok(Destination::Route(route))
    }

    /// Whether the request may be sent again when its answer is lost: it changes nothing, or the
    /// service keeps its key. A small body is read for that. `parts` are what the service gets.
    async fn is_harmless_twice(
        &self,
        route: &Route,
        parts: &Parts,
        body: &mut RequestBody,
    ) -> Result<bool, ApiError> {
        if parts.method.is_safe() {
            return Ok(body.is_empty());
        }
        let length = parts.headers.get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        let small = length.is_some_and(|length| length <= REPEATABLE_BODY);
        if !(route.keeps_keys && small && parts.headers.contains_key(IDEMPOTENCY_KEY)) {
            return Ok(false);
        }
        Box::pin(body.buffer(REPEATABLE_BODY)).await.map(|_| true)
    }

    /// Makes the head that the service gets: nothing forged, nothing secret, and who asks.
    fn prepare(
        &self,
        route: &Route,
        identity: Identity,
        parts: &mut Parts,
        upgrades: bool,
    ) -> Result<(), ApiError> {
        headers::outbound(&mut parts.headers);
        parts.headers.insert(IDENTITY, self.signer.sign(identity, route.service)?);
        if upgrades {
            tunnel::request(&mut parts.headers);
        }
        Ok(())
    }

    /// Addresses the request to the service.
    fn delivery(
        &self,
        route: &Route,
        parts: Parts,
        body: RequestBody,
        harmless: bool,
    ) -> Result<Delivery<'_>, ApiError> {
        let unavailable = || ApiError::unavailable(format!("{} is not available", route.service));
        let upstream = self.services.get(route.service).ok_or_else(unavailable)?;
        let Limits { response_timeout: response, hold, idle_timeout: idle, .. } = self.limits;
        let timeouts = Timeouts { response, hold, idle };
        Ok(Delivery::new(upstream, &timeouts, addressed(parts, body, upstream), harmless))
    }

    /// Brings the request to the service and its answer back.
    async fn forward(
        &self,
        route: &Route,
        delivery: &mut Delivery<'_>,
        hop: &RequestContext,
    ) -> Result<Response<ReplyBody>, ApiError> {
        let mut step = Span::begin(hop, GATEWAY, Kind::Client, || format!("-> {}", route.service));
        step.note("peer.service", || route.service);
        // A change whose answer is lost may have happened, also one whose client left.
        let mut forget =
            Forget { sessions: &self.callers.sessions, is_due: route.changes_access() };
        let answer = delivery.run().await;
        let mut answer = answer.map_err(|cause| cause.into_api_error(route.service));
        if answer.as_ref().map_or(true, |answer| answer.status().is_server_error()) {
            step.fail();
        }
        forget.is_due &= !answer.as_ref().is_ok_and(|answer| answer.status().is_client_error());
        if let Ok(answer) = &mut answer {
            headers::inbound(answer.headers_mut());
        }
        answer
    }
}

/// Forgets who is signed in and what they may do when it is dropped, if that is due.
struct Forget<'a> {
    sessions: &'a Sessions,
    is_due: bool,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        if self.is_due {
            self.sessions.forget();
        }
    }
}

/// The request as `upstream` gets it.
fn addressed(parts: Parts, body: RequestBody, upstream: &Upstream) -> Request<RequestBody> {
    let is_empty = body.is_empty();
    let mut request = Request::new(body);
    *request.method_mut() = parts.method;
    // The strict reader lets only paths through, so this is one, and goes on as it came.
    *request.uri_mut() = parts.uri;
    *request.headers_mut() = parts.headers;
    let headers = request.headers_mut();
    headers.insert(header::HOST, upstream.authority.clone());
    if !is_empty && !headers.contains_key(header::CONTENT_LENGTH) {
        // hyper takes a GET of unknown length for one without a body.
        headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    request
}

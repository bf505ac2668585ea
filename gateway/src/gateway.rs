//! The life of a request: one function a stage.

use std::{collections::HashMap, convert::Infallible, panic::AssertUnwindSafe, sync::Arc};

use axum::body::Body;
use futures_util::FutureExt;
use grove_shared::{
    ApiError, Clock,
    forwarded::TrustedProxies,
    identity::{GATEWAY, IDENTITY, SigningKey},
    peer::{IDEMPOTENCY_KEY, Peers},
    request::{REQUEST_ID, RequestContext},
    telemetry,
    traces::{Kind, Span},
};
use http::{HeaderValue, Method, Request, Response, StatusCode, header, request::Parts};
use http_body_util::Either;
use hyper::body::Incoming;
use sqlx::MySqlPool;
use tracing::Instrument;

use crate::{
    act_as,
    body::RequestBody,
    caller::{self, Actor},
    clients::Scope,
    config::{Config, Limits},
    cors::{self, Cors},
    headers,
    identity::{Signer, Statement},
    link::ReplyBody,
    matching::Paths,
    observe::{Exchange, Metrics},
    own, path,
    proxy::Delivery,
    registry::{Application, Registry},
    routes::{Access, Route, table},
    session::Sessions,
    status::Watch,
    tunnel,
    upstream::Upstream,
};

/// The longest body that is kept for sending it again, in bytes.
const REPEATABLE_BODY: u64 = 64 * 1024;

/// The body of an answer: a service's, or the gateway's own.
pub(crate) type Answer = Response<Either<ReplyBody, Body>>;

/// The gateway, without the sockets that it listens on.
#[derive(Debug, Clone)]
pub struct Gateway(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    paths: Paths,
    /// None when no client is asked for a token.
    pub(crate) registry: Option<Registry>,
    sessions: Sessions,
    signer: Signer,
    pub(crate) upstreams: HashMap<String, Arc<Upstream>>,
    proxies: TrustedProxies,
    cors: Cors,
    limits: Limits,
    metrics: Metrics,
    pub(crate) watch: Watch,
}

/// Who a request comes from.
struct Caller {
    application: Option<Arc<Application>>,
    actor: Actor,
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
        telemetry::metrics();
        let upstreams = config
            .upstreams
            .0
            .iter()
            .map(|(name, url)| Ok((name.clone(), Arc::new(Upstream::new(name, url)?))));
        let peers = Peers::new(key.clone(), config.upstreams.clone())?;
        let backup = config.backup_status_file.clone();
        let watch = Watch::new(&config.upstreams, backup, clock.now())?;
        Ok(Self(Arc::new(Inner {
            paths: Paths::new(table()),
            registry: db.map(|db| Registry::new(db, clock.clone())),
            sessions: Sessions::new(peers, clock),
            signer: Signer::new(key),
            upstreams: upstreams.collect::<anyhow::Result<_>>()?,
            proxies: config.trusted_proxies.clone(),
            cors: Cors::new(&config.cors_origins)?,
            limits: config.limits.clone(),
            metrics: Metrics::default(),
            watch,
        })))
    }

    /// Answers a request, whatever happens.
    pub(crate) async fn answer(self, request: Request<Incoming>) -> Result<Answer, Infallible> {
        let gateway = &*self.0;
        let context = RequestContext::from_headers(request.headers()).served_by(GATEWAY);
        let span = tracing::info_span!("request", request.id = context.id);
        let mut step = Span::begin(&context, GATEWAY, Kind::Server, String::new);
        let id = HeaderValue::from_str(&context.id).ok();
        let origin = gateway.cors.origin(request.headers());
        let mut exchange = Exchange::new(request.method());
        let answered = async {
            let stages = AssertUnwindSafe(gateway.serve(request, &mut exchange)).catch_unwind();
            let panicked = || anyhow::anyhow!("a request made the gateway panic");
            let answered = stages.await.unwrap_or_else(|_| Err(ApiError::internal(panicked())));
            answered.unwrap_or_else(own::refuse)
        };
        let mut answer = context.scope(answered.instrument(span)).await;
        gateway.cors.apply(origin, answer.headers_mut());
        exchange.finish(id.as_ref(), answer.status(), &gateway.metrics, &gateway.watch);
        exchange.tell(&mut step, answer.status());
        answer.headers_mut().extend(id.map(|id| (REQUEST_ID, id)));
        Ok(answer)
    }
}

impl Inner {
    async fn serve(
        &self,
        mut request: Request<Incoming>,
        exchange: &mut Exchange,
    ) -> Result<Answer, ApiError> {
        let upgrade = tunnel::is_requested(request.method(), request.headers())
            .then(|| hyper::upgrade::on(&mut request));
        let (mut parts, incoming) = request.into_parts();
        let route = match self.route(&parts, exchange)? {
            Ok(route) => route,
            Err(own) => return Ok(own),
        };
        let mut body = RequestBody::new(incoming, self.limits.body_limit, self.limits.body_timeout);
        let caller = self.caller(route, &parts, &mut body, exchange).await?;
        caller.actor.authorize(route.access)?;
        if route.service == GATEWAY {
            return Ok(own::json(&self.watch.look().await));
        }
        body.check_size()?;
        let harmless = self.is_harmless_twice(route, &parts, &mut body).await?;
        self.prepare(route, caller, &mut parts, upgrade.is_some())?;
        let hop = RequestContext::current().unwrap_or_default().hop();
        hop.apply(&mut parts.headers);
        let mut delivery = self.delivery(route, parts, body, harmless)?;
        let mut answer = self.forward(route, &mut delivery, &hop).await?;
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            tunnel::join(upgrade, &mut answer)?;
        }
        Ok(answer.map(Either::Left))
    }

    /// Finds the route, or what the gateway answers itself.
    fn route(
        &self,
        parts: &Parts,
        exchange: &mut Exchange,
    ) -> Result<Result<&'static Route, Answer>, ApiError> {
        path::check(parts.uri.path())?;
        if parts.uri.path() == "/" {
            exchange.route = "/";
            return Ok(Err(own::index(&parts.method)));
        }
        let path = self.paths.find(parts.uri.path());
        let path = path.ok_or_else(|| ApiError::not_found("Not found"))?;
        exchange.route = path.pattern;
        if parts.method == Method::OPTIONS {
            let origin = self.cors.origin(&parts.headers).is_some();
            return Ok(Err(cors::preflight::<Body>(path.allow.clone(), origin).map(Either::Right)));
        }
        let Some((_, route)) = path.route(&parts.method) else {
            return Ok(Err(own::not_allowed(path.allow.clone())));
        };
        exchange.service = route.service;
        Ok(Ok(route))
    }

    /// Finds out who asks: the application, then the person.
    async fn caller(
        &self,
        route: &Route,
        parts: &Parts,
        body: &mut RequestBody,
        exchange: &mut Exchange,
    ) -> Result<Caller, ApiError> {
        if route.access == Access::Anyone {
            return Ok(Caller { application: None, actor: Actor::Client });
        }
        let application = match &self.registry {
            Some(registry) => Some(caller::application(registry, &parts.headers).await?),
            None => None,
        };
        exchange.client = application.as_ref().map(|application| application.name.clone());
        let person = caller::person(&self.sessions, &parts.headers, route.access).await?;
        let acts = application.as_ref().is_some_and(|application| application.may(Scope::ActAs));
        let actor = match person {
            Some(person) => person.into(),
            None if acts => {
                let named = act_as::actor(route.actor, &parts.headers, &parts.uri, body);
                Box::pin(named).await?
            }
            None => Actor::Client,
        };
        exchange.netid = actor.netid().cloned();
        Ok(Caller { application, actor })
    }

    /// Whether the request may be sent again when its answer is lost: it changes nothing, or the
    /// service keeps its key. A small body is read for that.
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
        caller: Caller,
        parts: &mut Parts,
        upgrades: bool,
    ) -> Result<(), ApiError> {
        let application = caller.application.as_deref();
        let statement = Statement {
            actor: caller.actor,
            client: application.map(|application| application.name.clone()),
            address: caller::address(parts, application, &self.proxies),
            service: route.service,
        };
        headers::outbound(&mut parts.headers);
        parts.headers.insert(IDENTITY, self.signer.sign(statement)?);
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
        let upstream = self.upstreams.get(route.service).ok_or_else(unavailable)?;
        Ok(Delivery::new(upstream, &self.limits, outbound(parts, body, upstream), harmless))
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
        let mut answer = delivery.run().await;
        if answer.as_ref().map_or(true, |answer| answer.status().is_server_error()) {
            step.fail();
        }
        // A change whose answer was lost may have happened.
        let refused = answer.as_ref().is_ok_and(|answer| answer.status().is_client_error());
        if route.changes_access() && !refused {
            self.sessions.forget();
        }
        if let Ok(answer) = &mut answer {
            headers::inbound(answer.headers_mut());
        }
        answer
    }
}

fn outbound(parts: Parts, body: RequestBody, upstream: &Upstream) -> Request<RequestBody> {
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

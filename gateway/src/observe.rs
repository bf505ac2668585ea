//! What is known of a request afterwards: a line in the access log, a step of the trace, and the metrics.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use grove_identity::GATEWAY;
use grove_shared::NetId;
use grove_telemetry::{
    RequestContext,
    request::{CLIENT_LEFT, method_label},
    traces::{Kind, Span},
};
use http::{Method, StatusCode};
use metrics::{Counter, Histogram};

/// What the stages learn about a request. The path itself is not among it: it may hold a token.
///
/// When it is dropped the request is logged and counted, also when its client left and hyper dropped all
/// that was done for it.
#[derive(Debug)]
pub(crate) struct Exchange<'a> {
    metrics: &'a Metrics,
    id: String,
    step: Span,
    began: Instant,
    method: &'static str,
    status: Option<StatusCode>,
    pub(crate) route: &'static str,
    pub(crate) service: &'static str,
    pub(crate) client: Option<Arc<str>>,
    pub(crate) netid: Option<NetId>,
}

impl<'a> Exchange<'a> {
    pub(crate) fn begin(context: &RequestContext, method: &Method, metrics: &'a Metrics) -> Self {
        Self {
            metrics,
            id: context.id.clone(),
            step: Span::begin(context, GATEWAY, Kind::Server, String::new),
            began: Instant::now(),
            method: method_label(method),
            status: None,
            route: "unmatched",
            service: GATEWAY,
            client: None,
            netid: None,
        }
    }

    /// Ends it with an answer.
    pub(crate) fn answered(mut self, status: StatusCode) {
        self.status = Some(status);
    }
}

impl Drop for Exchange<'_> {
    fn drop(&mut self) {
        let took = self.began.elapsed();
        let status = self.status.map_or(CLIENT_LEFT, |status| status.as_u16());
        self.step.rename(|| format!("{} {}", self.method, self.route));
        self.step.answered(self.method, self.route, status);
        tracing::info!(
            method = self.method,
            route = self.route,
            status,
            duration_ms = took.as_secs_f64() * 1000.0,
            upstream = self.service,
            client = self.client.as_deref(),
            netid = self.netid.as_ref().map(NetId::as_str),
            request.id = self.id,
            "{} {} {status}",
            self.method,
            self.route,
        );
        self.metrics.record((self.route, self.method, status), took);
    }
}

type Key = (&'static str, &'static str, u16);

/// Where requests are counted, by route, method and status.
#[derive(Default)]
pub(crate) struct Metrics(RwLock<HashMap<Key, (Counter, Histogram)>>);

impl Metrics {
    fn record(&self, key: Key, took: Duration) {
        if let Some((count, duration)) =
            self.0.read().unwrap_or_else(PoisonError::into_inner).get(&key)
        {
            count.increment(1);
            duration.record(took);
            return;
        }
        let (count, duration) = handles(key);
        count.increment(1);
        duration.record(took);
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(key, (count, duration));
    }
}

fn handles((route, method, status): Key) -> (Counter, Histogram) {
    let labels = [
        ("service", GATEWAY.to_owned()),
        ("method", method.to_owned()),
        ("route", route.to_owned()),
        ("status", status.to_string()),
    ];
    let count = metrics::counter!("http_requests_total", &labels);
    (count, metrics::histogram!("http_request_duration_seconds", &labels[..3]))
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

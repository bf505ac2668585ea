//! What is known of a request afterwards: a line in the access log, and the metrics.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use grove_shared::{NetId, traces::Span};
use http::{HeaderValue, Method, StatusCode};
use metrics::{Counter, Histogram};

use crate::status::Watch;

/// What the stages learn about a request. The path itself is not among it: it may hold a token.
#[derive(Debug)]
pub(crate) struct Exchange {
    began: Instant,
    method: &'static str,
    pub(crate) route: &'static str,
    pub(crate) service: &'static str,
    pub(crate) client: Option<Arc<str>>,
    pub(crate) netid: Option<NetId>,
}

impl Exchange {
    pub(crate) fn new(method: &Method) -> Self {
        Self {
            began: Instant::now(),
            method: label(method),
            route: "unmatched",
            service: "gateway",
            client: None,
            netid: None,
        }
    }

    /// Says in the trace what was asked and how it was answered.
    pub(crate) fn tell(&self, step: &mut Span, status: StatusCode) {
        step.rename(|| format!("{} {}", self.method, self.route));
        step.answered(self.method, self.route, status);
    }

    /// Writes the line of the access log, and counts.
    pub(crate) fn finish(
        &self,
        id: Option<&HeaderValue>,
        status: StatusCode,
        metrics: &Metrics,
        watch: &Watch,
    ) {
        let took = self.began.elapsed();
        watch.record(self.service, status, took);
        tracing::info!(
            method = self.method,
            route = self.route,
            status = status.as_u16(),
            duration_ms = took.as_secs_f64() * 1000.0,
            upstream = self.service,
            client = self.client.as_deref(),
            netid = self.netid.as_ref().map(NetId::as_str),
            request.id = id.and_then(|id| id.to_str().ok()),
            "{} {} {}",
            self.method,
            self.route,
            status.as_u16(),
        );
        metrics.record((self.route, self.method, status.as_u16()), took);
    }
}

/// Any client can invent methods, so only known ones become labels.
fn label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

type Key = (&'static str, &'static str, u16);

/// The metrics of every service, and where they are counted.
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
        ("service", "gateway".to_owned()),
        ("method", method.to_owned()),
        ("route", route.to_owned()),
        ("status", status.to_string()),
    ];
    let count = metrics::counter!("http_requests_total", &labels);
    (count, metrics::histogram!("http_request_duration_seconds", &labels[..3]))
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

//! What the gateway saw of each service, read back from its metrics: how many requests, how many failures,
//! how fast.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use grove_gateway_api as api;
use grove_identity::GATEWAY;
use grove_telemetry::metrics;

use crate::routes::Route;

/// How many minutes back the durations go.
const MINUTES: usize = 5;

/// The counts of a minute ago, and of the minutes before.
#[derive(Debug)]
pub(crate) struct Traffic {
    /// The service of a method and a route.
    services: HashMap<(&'static str, &'static str), &'static str>,
    minutes: Mutex<VecDeque<Counts>>,
}

/// Counts since the program began, by service.
pub(crate) type Counts = HashMap<&'static str, Count>;

/// The counts of one service.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Count {
    requests: u64,
    failures: u64,
    /// How many requests took at most so many milliseconds, the bounds in thousandths of one.
    at_most: BTreeMap<u64, u64>,
}

impl Traffic {
    pub(crate) fn new(table: &'static [Route]) -> Self {
        let services = table.iter().map(|route| ((method(route), route.path), route.service));
        Self { services: services.collect(), minutes: Mutex::default() }
    }

    /// Notes the present counts; to be done every minute.
    pub(crate) fn note(&self) {
        let counts = self.counts(&metrics::render());
        let mut minutes = self.minutes.lock().unwrap_or_else(PoisonError::into_inner);
        minutes.push_back(counts);
        if minutes.len() > MINUTES {
            minutes.pop_front();
        }
    }

    /// The present counts.
    pub(crate) fn now(&self) -> Counts {
        self.counts(&metrics::render())
    }

    /// What officers are told of `service`.
    pub(crate) fn seen(&self, service: &str, now: &Counts) -> api::Traffic {
        let Some(count) = now.get(service) else { return api::Traffic::default() };
        let minutes = self.minutes.lock().unwrap_or_else(PoisonError::into_inner);
        let before = minutes.front().and_then(|before| before.get(service));
        let recent = count.since(before);
        api::Traffic {
            requests: count.requests,
            failures: count.failures,
            p50_ms: quantile(&recent, 0.5),
            p99_ms: quantile(&recent, 0.99),
        }
    }

    /// Reads the gateway's own counts out of all metrics.
    fn counts(&self, metrics: &str) -> Counts {
        let mut counts = Counts::new();
        for line in metrics.lines() {
            let Some((name, labels, value)) = series(line) else { continue };
            if label(labels, "service") != Some(GATEWAY) {
                continue;
            }
            let is_failure = || label(labels, "status").is_some_and(|code| code.starts_with('5'));
            let count = counts.entry(self.service(labels)).or_default();
            match name {
                "http_requests_total" => {
                    count.requests += value;
                    count.failures += if is_failure() { value } else { 0 };
                }
                "http_request_duration_seconds_bucket" => {
                    *count.at_most.entry(bound(labels)).or_default() += value;
                }
                _ => {}
            }
        }
        counts
    }

    fn service(&self, labels: &str) -> &'static str {
        let (method, route) = (label(labels, "method"), label(labels, "route"));
        let method = if method == Some("HEAD") { Some("GET") } else { method };
        let key = (method.unwrap_or_default(), route.unwrap_or_default());
        self.services.get(&key).copied().unwrap_or(GATEWAY)
    }
}

fn method(route: &Route) -> &'static str {
    grove_telemetry::request::method_label(&route.method)
}

impl Count {
    /// The durations of the requests since `before`, each step with how many took so long.
    fn since(&self, before: Option<&Self>) -> Vec<(u64, u64)> {
        let earlier = |bound| before.and_then(|before| before.at_most.get(bound)).unwrap_or(&0);
        let recent = self.at_most.iter();
        recent.map(|(bound, count)| (*bound, count.saturating_sub(*earlier(bound)))).collect()
    }
}

/// The name, labels and value of a line of metrics (Prometheus text format 0.0.4).
fn series(line: &str) -> Option<(&str, &str, u64)> {
    let (name, rest) = line.split_once('{')?;
    let (labels, value) = rest.rsplit_once("} ")?;
    Some((name, labels, value.parse().ok()?))
}

fn label<'a>(labels: &'a str, name: &str) -> Option<&'a str> {
    labels.split(',').find_map(|label| {
        let value = label.strip_prefix(name)?.strip_prefix("=\"")?;
        value.strip_suffix('"')
    })
}

/// The bound of a bucket in thousandths of a millisecond; the last one has none.
fn bound(labels: &str) -> u64 {
    let seconds = label(labels, "le").and_then(|bound| bound.parse::<f64>().ok());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time")]
    seconds.filter(|bound| bound.is_finite()).map_or(u64::MAX, |bound| (bound * 1e6) as u64)
}

/// How many milliseconds the share `wanted` of all took at most, as if those in a step were spread evenly.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn quantile(at_most: &[(u64, u64)], wanted: f64) -> Option<f64> {
    let all = at_most.last()?.1;
    let rank = all as f64 * wanted;
    let (mut from, mut below) = (0, 0);
    for &(bound, count) in at_most {
        if count as f64 >= rank && count > 0 {
            if bound == u64::MAX {
                break;
            }
            let share = (rank - below as f64) / (count - below) as f64;
            return Some((from as f64 + share * (bound - from) as f64) / 1000.0);
        }
        (from, below) = (bound, count);
    }
    // Longer than every bound.
    (all > 0).then_some(from as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::table;

    const METRICS: &str = "\
        # TYPE http_requests_total counter\n\
        http_requests_total{service=\"gateway\",method=\"GET\",route=\"/quotes\",status=\"200\"} 97\n\
        http_requests_total{service=\"gateway\",method=\"HEAD\",route=\"/quotes\",status=\"502\"} 3\n\
        http_requests_total{service=\"quotes\",method=\"GET\",route=\"/quotes\",status=\"200\"} 97\n\
        http_requests_total{service=\"gateway\",method=\"GET\",route=\"unmatched\",status=\"404\"} 7\n\
        http_request_duration_seconds_bucket{service=\"gateway\",method=\"GET\",route=\"/quotes\",le=\"0.01\"} 98\n\
        http_request_duration_seconds_bucket{service=\"gateway\",method=\"GET\",route=\"/quotes\",le=\"1\"} 100\n\
        http_request_duration_seconds_bucket{service=\"gateway\",method=\"GET\",route=\"/quotes\",le=\"+Inf\"} 100\n";

    #[test]
    fn requests_are_those_of_the_service_that_a_route_leads_to() {
        let traffic = Traffic::new(table());
        let counts = traffic.counts(METRICS);
        let quotes = traffic.seen("quotes", &counts);
        assert_eq!((quotes.requests, quotes.failures), (100, 3));
        let p50 = quotes.p50_ms.unwrap();
        assert!((5.0..6.0).contains(&p50), "{p50}");
        let p99 = quotes.p99_ms.unwrap();
        assert!((100.0..1000.0).contains(&p99), "{p99}");
        assert_eq!(traffic.seen("gateway", &counts).requests, 7);
        assert_eq!(traffic.seen("gateway", &counts).p50_ms, None);
        assert_eq!(traffic.seen("users", &counts).requests, 0);
    }

    #[test]
    fn durations_are_those_of_the_last_minutes() {
        let traffic = Traffic::new(table());
        traffic.minutes.lock().unwrap().push_back(traffic.counts(METRICS));
        let later = METRICS.replace("le=\"+Inf\"} 100", "le=\"+Inf\"} 110");
        let quotes = traffic.seen("quotes", &traffic.counts(&later));
        assert_eq!((quotes.requests, quotes.p50_ms), (100, Some(1000.0)));
    }
}

//! A cap on what metrics can cost: a label that somebody outside can choose would make series without end.

use std::{
    collections::{HashMap, HashSet},
    sync::{PoisonError, RwLock},
};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

use crate::Throttle;

/// Series that a metric may have.
const MAX_SERIES: usize = 2_000;

/// A recorder that counts no further series of a metric that has very many.
#[derive(Debug)]
pub(crate) struct Capped<R> {
    recorder: R,
    known: RwLock<HashMap<String, HashSet<Key>>>,
}

impl<R> Capped<R> {
    pub(crate) fn new(recorder: R) -> Self {
        Self { recorder, known: RwLock::default() }
    }

    fn admits(&self, key: &Key) -> bool {
        let name = key.name();
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        match known.get(name) {
            Some(series) if series.contains(key) => return true,
            Some(series) if series.len() >= MAX_SERIES => {
                drop(known);
                warn(name);
                return false;
            }
            _ => drop(known),
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(name.to_owned()).or_default().insert(key.clone());
        true
    }
}

fn warn(name: &str) {
    static LINES: Throttle = Throttle::new();
    if LINES.pass().is_some() {
        tracing::warn!(name, "the metric {name} has too many series: others are not counted");
    }
}

impl<R: Recorder> Recorder for Capped<R> {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.recorder.describe_counter(key, unit, description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.recorder.describe_gauge(key, unit, description);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.recorder.describe_histogram(key, unit, description);
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        if self.admits(key) {
            self.recorder.register_counter(key, metadata)
        } else {
            Counter::noop()
        }
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        if self.admits(key) { self.recorder.register_gauge(key, metadata) } else { Gauge::noop() }
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        if self.admits(key) {
            self.recorder.register_histogram(key, metadata)
        } else {
            Histogram::noop()
        }
    }
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    #[test]
    fn a_metric_has_so_many_series_and_those_it_has_go_on() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        let recorder = Capped::new(recorder);
        metrics::with_local_recorder(&recorder, || {
            for round in 0..2 {
                for visitor in 0..MAX_SERIES + 50 {
                    metrics::counter!("visits", "visitor" => visitor.to_string()).increment(1);
                }
                metrics::counter!("rounds").increment(round);
            }
        });
        let text = handle.render();
        let visits = text.lines().filter(|line| line.starts_with("visits{"));
        assert_eq!(visits.filter(|line| line.ends_with(" 2")).count(), MAX_SERIES);
        assert!(text.contains("rounds 1"), "{text}");
    }
}

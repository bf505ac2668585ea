//! How every service is, for officers: each is asked at once, and who does not answer soon is down.

use std::{path::PathBuf, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use grove_gateway_api::{Backlog, BackupStatus, Health, ServiceStatus, Status};
use grove_identity::GATEWAY;
use serde_json::Value;

use crate::{
    routes::table,
    services::{Services, look},
    traffic::{Counts, Traffic},
    upstream::Upstream,
};

/// How long a service has to answer.
const TIMEOUT: Duration = Duration::from_millis(800);
/// How often the traffic is noted.
const TRAFFIC_INTERVAL: Duration = Duration::from_mins(1);
/// How often the metrics are told of the backups.
const MEASURE_INTERVAL: Duration = Duration::from_secs(15);
/// The share of requests that may fail: one in a thousand.
const OBJECTIVE: f64 = 0.001;

/// Watches over the services.
#[derive(Debug)]
pub(crate) struct Watch {
    since: DateTime<Utc>,
    services: Services,
    traffic: Traffic,
    backup: Option<PathBuf>,
}

impl Watch {
    /// Watches since `now`.
    pub(crate) fn new(services: Services, backup: Option<PathBuf>, now: DateTime<Utc>) -> Self {
        Self { since: now, services, traffic: Traffic::new(table()), backup }
    }

    /// Asks every service.
    pub(crate) async fn look(&self) -> Status {
        let counts = self.traffic.now();
        let mut upstreams: Vec<_> = self.services.iter().collect();
        upstreams.sort_by_key(|upstream| &upstream.name);
        let services = upstreams.into_iter().map(|upstream| self.ask(upstream, &counts));
        let own = ServiceStatus {
            name: GATEWAY.to_owned(),
            health: Health::Ready,
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            started_at: Some(self.since),
            traffic: self.traffic.seen(GATEWAY, &counts),
            outbox: None,
        };
        let services = [own].into_iter().chain(join_all(services).await).collect();
        let backup = self.backup.as_ref().map(backup);
        Status { since: self.since, objective: OBJECTIVE, services, backup }
    }

    /// Notes again and again how much traffic there is.
    pub(crate) async fn note_traffic(&self) {
        let mut ticks = tokio::time::interval(TRAFFIC_INTERVAL);
        loop {
            ticks.tick().await;
            self.traffic.note();
        }
    }

    /// Tells the metrics again and again when the backups were made.
    pub(crate) async fn measure_backups(&self) {
        let Some(file) = &self.backup else { return };
        loop {
            let status = backup(file);
            for (name, at) in [
                ("backup_last_full_timestamp_seconds", status.last_full_at),
                ("backup_saved_until_timestamp_seconds", status.saved_until),
            ] {
                #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
                metrics::gauge!(name).set(at.map_or(0, |at| at.timestamp()) as f64);
            }
            tokio::time::sleep(MEASURE_INTERVAL).await;
        }
    }

    async fn ask(&self, upstream: &Arc<Upstream>, counts: &Counts) -> ServiceStatus {
        let text = async |path| {
            let answer = look(upstream, path, TIMEOUT).await?;
            String::from_utf8(answer.into()).ok()
        };
        let (alive, ready, metrics) =
            tokio::join!(text("/livez"), text("/readyz"), text("/metrics"));
        let health = match (&alive, ready) {
            (None, _) => Health::Down,
            (Some(_), Some(_)) => Health::Ready,
            // It says so, or waits in vain for what it depends on.
            (Some(_), None) => Health::NotReady,
        };
        let alive: Value =
            alive.and_then(|alive| serde_json::from_str(&alive).ok()).unwrap_or_default();
        let name = &upstream.name;
        ServiceStatus {
            name: name.clone(),
            health,
            version: alive["version"].as_str().map(str::to_owned),
            started_at: alive["started_at"].as_str().and_then(|at| at.parse().ok()),
            traffic: self.traffic.seen(name, counts),
            outbox: metrics.and_then(|metrics| backlog(&metrics, name)),
        }
    }
}

/// What the metrics say of the outbox of `service`; several services may be one process.
fn backlog(metrics: &str, service: &str) -> Option<Backlog> {
    let value = |name: &str| {
        let series = format!("{name}{{service=\"{service}\"}} ");
        let value = metrics.lines().find_map(|line| line.strip_prefix(&series))?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        value.parse::<f64>().ok().map(|value| value.max(0.0) as u64)
    };
    Some(Backlog {
        pending: value("outbox_pending")?,
        dead: value("outbox_dead")?,
        oldest_age_seconds: value("outbox_oldest_age_seconds").unwrap_or_default(),
    })
}

/// What the backups say of themselves (docs/backups.md).
fn backup(file: &PathBuf) -> BackupStatus {
    let status = std::fs::read_to_string(file);
    let status: Value =
        status.ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let time = |name: &str| status[name].as_str().and_then(|at| at.parse().ok());
    let error = status["error"].as_str().filter(|error| !error.is_empty()).map(str::to_owned);
    let silence = || "The backups do not say how they are".to_owned();
    BackupStatus {
        last_full_at: time("last_full_at"),
        saved_until: time("logs_copied_at"),
        error: if status.is_null() { Some(silence()) } else { error },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outbox_of_a_service_is_read_from_the_metrics_of_its_process() {
        let metrics = "# TYPE outbox_pending gauge\noutbox_pending{service=\"auth\"} 9\n\
             outbox_pending{service=\"users\"} 3\noutbox_dead{service=\"users\"} 1\n\
             outbox_oldest_age_seconds{service=\"users\"} 12.7\n";
        let expected = Backlog { pending: 3, dead: 1, oldest_age_seconds: 12 };
        assert_eq!(backlog(metrics, "users"), Some(expected));
        assert_eq!(backlog(metrics, "quotes"), None);
    }
}

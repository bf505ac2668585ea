//! How the chapter is, as the gateway tells officers: the contract of the gateway itself.

use chrono::{DateTime, Utc};
use grove_shared::{Call, Service};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The one public door.
pub const SERVICE: Service = Service { name: "gateway", port: 8000 };

/// How every service is. For officers; on its private address the gateway tells it to anyone.
pub fn status() -> Call<Status> {
    Call::get(SERVICE, "/status", &[])
}

/// Every service, and the last backup.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// Since when the gateway counts.
    pub since: DateTime<Utc>,
    /// The share of requests that may fail.
    pub objective: f64,
    /// The gateway first, then the services by name.
    pub services: Vec<ServiceStatus>,
    /// Nothing when the gateway does not know of backups.
    pub backup: Option<BackupStatus>,
}

/// How a service is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ServiceStatus {
    /// Its name.
    pub name: String,
    /// Whether it works.
    pub health: Health,
    /// Its version.
    pub version: Option<String>,
    /// When it started.
    pub started_at: Option<DateTime<Utc>>,
    /// What the gateway saw of it.
    pub traffic: Traffic,
    /// Its side effects, if it has any.
    pub outbox: Option<Backlog>,
}

/// Whether a service works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It can do its work.
    Ready,
    /// It answers, and cannot do its work: what it depends on is away.
    NotReady,
    /// It does not answer.
    Down,
}

/// Requests through the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct Traffic {
    /// Since the gateway counts.
    pub requests: u64,
    /// Those answered with 5xx.
    pub failures: u64,
    /// Half of the last minutes' requests took at most this long, in milliseconds.
    pub p50_ms: Option<f64>,
    /// 99 of 100 did.
    pub p99_ms: Option<f64>,
}

impl Traffic {
    /// What is left of the failures that may be, from 1 (none happened) to 0 (all that may, or more).
    pub fn budget_left(&self, objective: f64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let (failures, allowed) = (self.failures as f64, self.requests as f64 * objective);
        if self.failures == 0 { 1.0 } else { (1.0 - failures / allowed).max(0.0) }
    }
}

/// Side effects that have not arrived.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct Backlog {
    /// Those that wait.
    pub pending: u64,
    /// Those that were given up.
    pub dead: u64,
    /// How long the oldest waits, in seconds.
    pub oldest_age_seconds: u64,
}

/// What is known of backups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackupStatus {
    /// The moment of the last full one; nothing before the first.
    pub last_full_at: Option<DateTime<Utc>>,
    /// Until when each change since then is saved, too.
    pub saved_until: Option<DateTime<Utc>>,
    /// What went wrong, if anything did.
    pub error: Option<String>,
}

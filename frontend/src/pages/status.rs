//! How every service is, for officers.

use std::sync::Arc;

use askama::Template;
use axum::{Router, routing::get};
use chrono::{DateTime, TimeDelta, Utc};
use grove_gateway_api::{self as gateway_api, BackupStatus, Health, ServiceStatus, Status};
use grove_shared::Client;

use crate::{
    AppState,
    error::PageError,
    gateway::Gateway,
    moment::Moment,
    person::Person,
    render::{Frame, Page},
    session::OfficerVisitor,
};

/// A backup that is older than this is reported: one is taken each day.
const BACKUP_LATE: TimeDelta = TimeDelta::hours(26);
/// What the logs of changes may lag behind.
const LOGS_LATE: TimeDelta = TimeDelta::minutes(5);

/// The page on the services.
pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/status", get(show))
}

#[derive(Debug, Template)]
#[template(path = "status.html")]
struct StatusPage {
    frame: Frame,
    person: Arc<Person>,
    since: Moment,
    objective: String,
    services: Vec<Row>,
    backup: Option<Backup>,
}

/// A service.
#[derive(Debug)]
struct Row {
    name: String,
    health: Health,
    version: String,
    started: Option<Moment>,
    requests: u64,
    failures: u64,
    /// `12 ms, 40 ms`
    latency: Option<String>,
    /// What is left of the error budget, in percent.
    budget: u8,
    waiting: Option<String>,
    given_up: u64,
}

/// The backups.
#[derive(Debug)]
struct Backup {
    last: Option<Moment>,
    is_late: bool,
    saved_until: Option<Moment>,
    logs_are_late: bool,
    error: Option<String>,
}

fn row(service: ServiceStatus, objective: f64) -> Row {
    let ServiceStatus { name, health, version, started_at, traffic, outbox } = service;
    let latency = traffic.p50_ms.zip(traffic.p99_ms);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
    let budget = (traffic.budget_left(objective) * 100.0).floor() as u8;
    Row {
        name,
        health,
        version: version.unwrap_or_default(),
        started: started_at.map(Moment),
        requests: traffic.requests,
        failures: traffic.failures,
        latency: latency.map(|(half, most)| format!("{}, {}", duration(half), duration(most))),
        budget,
        waiting: outbox.filter(|outbox| outbox.pending > 0).map(|outbox| {
            format!("{} waiting, the oldest for {}", outbox.pending, age(outbox.oldest_age_seconds))
        }),
        given_up: outbox.map_or(0, |outbox| outbox.dead),
    }
}

fn duration(milliseconds: f64) -> String {
    if milliseconds < 1000.0 {
        format!("{milliseconds:.0} ms")
    } else {
        format!("{:.1} s", milliseconds / 1000.0)
    }
}

fn age(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}

fn backup(status: BackupStatus, now: DateTime<Utc>) -> Backup {
    let BackupStatus { last_full_at, saved_until, error } = status;
    let is_late = |at: Option<DateTime<Utc>>, most| at.is_none_or(|at| now - at > most);
    Backup {
        is_late: is_late(last_full_at, BACKUP_LATE),
        logs_are_late: is_late(saved_until, LOGS_LATE),
        last: last_full_at.map(Moment),
        saved_until: saved_until.map(Moment),
        error,
    }
}

async fn show(
    OfficerVisitor(person): OfficerVisitor,
    frame: Frame,
    gateway: Gateway,
    axum::extract::State(state): axum::extract::State<AppState>,
) -> Result<Page<StatusPage>, PageError> {
    let Status { since, objective, services, backup: backups } =
        gateway.call(gateway_api::status()).await?;
    Ok(Page(StatusPage {
        frame,
        person,
        since: Moment(since),
        objective: format!("{:.1} %", (1.0 - objective) * 100.0),
        services: services.into_iter().map(|service| row(service, objective)).collect(),
        backup: backups.map(|status| backup(status, state.clock.now())),
    }))
}

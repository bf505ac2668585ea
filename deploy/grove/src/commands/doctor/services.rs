//! The website, the gateway, and what that knows of the services and the backups.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use grove_gateway_api::{BackupStatus, Health, ServiceStatus, Status};
use grove_shared::Clock;
use url::Url;

use super::Finding;

/// How long the gateway may take: it asks every service, and does not wait long for one.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Each change is saved within seconds. Who is this far behind does not work.
const SAVED_WITHIN: TimeDelta = TimeDelta::minutes(15);
/// Effects that wait longer than this have been tried several times.
const EFFECTS_WITHIN: u64 = 600;

/// Asks the website and the gateway.
pub(super) async fn look(website: &Url, gateway: &Url) -> anyhow::Result<Vec<Finding>> {
    let http = grove_outside::client_builder().timeout(TIMEOUT).build()?;
    let site = http.get(website.join("livez")?).send().await;
    let mut findings = vec![match site {
        Ok(answer) if answer.status().is_success() => {
            Finding::good(format!("the website answers at {website}"))
        }
        _ => Finding::bad(format!("the website does not answer at {website}"), how("frontend")),
    }];
    let answer = http.get(gateway.join("status")?).send().await;
    let status = match answer {
        Ok(answer) if answer.status().is_success() => answer.json::<Status>().await.ok(),
        _ => None,
    };
    match status {
        Some(status) => {
            findings
                .extend(status.services.iter().flat_map(|service| of_service(service, &status)));
            let backup = status.backup.as_ref();
            findings.extend(backup.map(|backup| of_backup(backup, Clock::system().now())));
        }
        None => findings.push(Finding::bad(
            format!("the gateway does not tell at {gateway} how the services are"),
            how("gateway"),
        )),
    }
    Ok(findings)
}

/// Where a program that does not work says why.
fn how(program: &str) -> String {
    format!(
        "docker compose up -d {program}; docker compose logs {program} says why it ended. Without \
         containers: grove run, and data/run/logs/{program}.log"
    )
}

fn of_service(service: &ServiceStatus, status: &Status) -> Vec<Finding> {
    let name = &service.name;
    let mut findings = vec![match service.health {
        Health::Ready => Finding::good(format!("{name} is ready")),
        Health::NotReady => Finding::bad(
            format!("{name} answers, and cannot do its work"),
            "what it depends on is away, first of all the database; its log says more",
        ),
        Health::Down => Finding::bad(format!("{name} does not answer"), how(name)),
    }];
    if service.traffic.budget_left(status.objective) <= 0.0 {
        let (failures, requests) = (service.traffic.failures, service.traffic.requests);
        findings.push(Finding::bad(
            format!("{name} failed {failures} of {requests} requests since {}", status.since),
            format!("its log names the reason of each: docker compose logs {name}"),
        ));
    }
    if let Some(outbox) = service.outbox.filter(|outbox| outbox.oldest_age_seconds > EFFECTS_WITHIN)
    {
        findings.push(Finding::bad(
            format!(
                "{name}: {} effects wait, the oldest for {} s",
                outbox.pending, outbox.oldest_age_seconds
            ),
            "whom they are for does not take them; officers see why under Undelivered on the website",
        ));
    }
    findings
}

fn of_backup(backup: &BackupStatus, now: DateTime<Utc>) -> Finding {
    const REMEDY: &str = "docker compose logs backup says more; docs/backups.md";
    if let Some(error) = &backup.error {
        return Finding::bad(format!("backups: {error}"), REMEDY);
    }
    match (backup.last_full_at, backup.saved_until) {
        (None, _) => Finding::bad("there is no backup", "make backup; docs/backups.md"),
        (Some(full), Some(until)) if now - until <= SAVED_WITHIN => {
            Finding::good(format!("backups: a full one of {full}, each change until {until}"))
        }
        (Some(full), until) => {
            let until = until.unwrap_or(full);
            Finding::bad(format!("backups: nothing after {until} is saved"), REMEDY)
        }
    }
}

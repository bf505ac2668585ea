//! What is not delivered, and the campus directory, for officers.

use grove_directory_api::{
    self as directory, Failure, Missing, Protection, Repair, Report, Surplus,
};
use grove_gateway_api::{Backlog, BackupStatus, Health, ServiceStatus, Status, Traffic};
use grove_shared::effects::{Effects, PendingEffect};
use http::Method;
use serde_json::json;

use crate::{
    browser::Browser,
    gateway::{FakeGateway, message, named},
    members::{HOSTILE, signed_in},
};

fn effect(id: u64, dead: bool) -> PendingEffect {
    PendingEffect {
        id,
        what: dead.then(|| "The entry of jsmith2".to_owned()),
        concerns: None,
        peer: "directory".to_owned(),
        path: "/activedirectory/add".to_owned(),
        body: json!({ "netid": "jsmith2" }),
        attempts: 12,
        last_error: Some(format!("503 {HOSTILE}")),
        created_at: named("2026-11-20T10:00:00Z"),
        next_attempt_at: named("2026-11-22T10:00:00Z"),
        dead_at: dead.then(|| named("2026-11-21T10:00:00Z")),
    }
}

pub(crate) fn outbox(pending: i64, dead: i64, effects: &[PendingEffect]) -> Effects {
    Effects { pending, dead, effects: effects.to_vec() }
}

async fn officer() -> (FakeGateway, Browser) {
    let gateway = FakeGateway::start().await;
    for service in ["auth", "users", "credits", "gigs", "merch"] {
        gateway.answers(Method::GET, &format!("/outbox/{service}"), 200, outbox(0, 0, &[]));
    }
    let browser = signed_in(&gateway, &["admin"]);
    (gateway, browser)
}

#[tokio::test]
async fn every_outbox_is_shown_and_one_that_is_silent_breaks_nothing() {
    let (gateway, mut browser) = officer().await;
    let effects = outbox(2, 1, &[effect(4, true), effect(5, false), effect(6, false)]);
    gateway.answers(Method::GET, "/outbox/users", 200, effects);
    gateway.answers(Method::GET, "/outbox/gigs", 503, json!({ "error": "away" }));
    let page = browser.get("/intranet/outbox").await;
    assert_eq!(page.status, 200);
    for part in [
        "2 waiting",
        "1 did not go through",
        "The entry of jsmith2",
        "directory/activedirectory/add",
        "after 12 tries",
        "&#34;netid&#34;: &#34;jsmith2&#34;",
        "action=\"/intranet/outbox/users/4/replay\"",
        "href=\"/intranet/outbox/users\"",
        "no answer",
        "Everything has arrived.",
    ] {
        assert!(page.body.contains(part), "{part} {}", page.body);
    }
    assert!(!page.body.contains("users/5/replay"), "what waits is tried by itself");
    assert!(!page.body.contains("<script>alert"));
}

#[tokio::test]
async fn all_effects_of_a_service_are_listed_page_by_page() {
    let (gateway, mut browser) = officer().await;
    let many: Vec<_> = (1..=100).map(|id| effect(id, false)).collect();
    gateway.answers(Method::GET, "/outbox/auth", 200, outbox(150, 0, &many));
    let page = browser.get("/intranet/outbox/auth?after=7").await;
    assert!(page.body.contains("href=\"/intranet/outbox/auth?after=100\" rel=\"next\""));
    assert!(page.body.contains(">Oldest</a>") && page.body.contains("150 waiting"));
    assert_eq!(gateway.queries(&Method::GET, "/outbox/auth"), ["after=7"]);
    assert_eq!(browser.get("/intranet/outbox/quotes").await.status, 404);
}

#[tokio::test]
async fn what_was_given_up_is_delivered_again() {
    let (gateway, mut browser) = officer().await;
    let path = "/outbox/users/4/replay";
    let done = message("It is tried again");
    gateway.answers(Method::POST, path, 200, done);
    browser.get("/intranet/outbox").await;
    let done = browser.submit("/intranet/outbox/users/4/replay", &[]).await;
    assert_eq!((done.status.as_u16(), done.location()), (303, "/intranet/outbox"));
    assert_eq!(gateway.calls(&Method::POST, path).len(), 1);
    assert!(browser.get("/intranet/outbox").await.body.contains("It is tried again."));
    let waits = json!({ "error": "Only what did not go through can be tried again" });
    gateway.answers(Method::POST, path, 409, waits);
    browser.submit("/intranet/outbox/users/4/replay", &[]).await;
    assert!(browser.get("/intranet/outbox").await.body.contains("Only what did not go through"));
    assert_eq!(browser.submit("/intranet/outbox/quotes/4/replay", &[]).await.status, 404);
}

#[tokio::test]
async fn the_directory_shows_its_state_and_where_it_differs() {
    let (gateway, mut browser) = officer().await;
    let status = directory::Status {
        configured: true,
        protection: Some(Protection::Ldaps),
        reachable: Some(true),
        error: None,
        waiting: 2,
        refused: 0,
        last_report_at: None,
    };
    gateway.answers(Method::GET, "/directory/status", 200, status.clone());
    let page = browser.get("/intranet/directory").await;
    assert!(page.body.contains("reachable") && page.body.contains("2 waiting"));
    assert!(page.body.contains("have not been compared yet"));
    assert!(!page.body.contains("/intranet/directory/repair"), "there is nothing to repair");

    let missing =
        |netid: &str, dn: Option<&str>| Missing { netid: named(netid), dn: dn.map(str::to_owned) };
    let surplus = |netid: &str, added_by_grove| Surplus {
        netid: named(netid),
        dn: format!("cn={netid}"),
        added_by_grove,
    };
    let report = Report {
        members: 12,
        listed: 13,
        missing: vec![missing("jsmith2", Some("cn=jsmith2")), missing("new3", None)],
        surplus: vec![surplus("mallory2", true), surplus("guest4", false)],
        unknown: vec!["cn=printer".to_owned()],
        ..report()
    };
    gateway.answers(Method::GET, "/directory/report", 200, report);
    let page = browser.get("/intranet/directory").await;
    for part in [
        "12 members, 13 listed",
        "jsmith2",
        "without an entry",
        "mallory2",
        "added by someone else",
        "cn=printer",
        "1 to add, 1 to remove",
        "Nov 22, 2026, 9:33 AM UTC",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
    let error = Some("connection refused".to_owned());
    let status = directory::Status { reachable: Some(false), error, ..status };
    gateway.answers(Method::GET, "/directory/status", 200, status.clone());
    let page = browser.get("/intranet/directory").await;
    assert!(page.body.contains("not reachable") && page.body.contains("connection refused"));
    let status = directory::Status { configured: false, reachable: None, ..status };
    gateway.answers(Method::GET, "/directory/status", 200, status);
    assert!(browser.get("/intranet/directory").await.body.contains("not configured"));
    gateway.answers(Method::GET, "/directory/status", 503, json!({ "error": "away" }));
    gateway.answers(Method::GET, "/directory/report", 503, json!({ "error": "away" }));
    let page = browser.get("/intranet/directory").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("does not answer right now"));
}

/// Where members and directory do not differ.
fn report() -> Report {
    Report {
        id: 3,
        made_at: named("2026-11-22T09:33:41Z"),
        members: 1,
        listed: 1,
        missing: vec![],
        surplus: vec![],
        unknown: vec![],
    }
}

#[tokio::test]
async fn the_directory_is_checked_and_repaired_by_a_button() {
    let (gateway, mut browser) = officer().await;
    let error = "There is no such entry".to_owned();
    let repair = Repair {
        added: vec![named("jsmith2")],
        removed: vec![],
        failed: vec![Failure { netid: named("new3"), error }],
        left: 4,
        report: Some(report()),
    };
    gateway.answers(Method::POST, "/directory/reconcile", 200, report());
    gateway.answers(Method::POST, "/directory/repair", 200, repair);
    browser.get("/intranet/directory").await;
    for (page, call) in [("check", "/directory/reconcile"), ("repair", "/directory/repair")] {
        let done = browser.submit(&format!("/intranet/directory/{page}"), &[]).await;
        assert_eq!((done.status.as_u16(), done.location()), (303, "/intranet/directory"));
        assert_eq!(gateway.calls(&Method::POST, call).len(), 1);
    }
    let page = browser.get("/intranet").await;
    let told = "1 added, 0 removed. 4 are left: repair again. new3: There is no such entry.";
    assert!(page.body.contains(told));
    let away = json!({ "error": "No directory is configured" });
    gateway.answers(Method::POST, "/directory/repair", 409, away);
    browser.submit("/intranet/directory/repair", &[]).await;
    assert!(browser.get("/intranet").await.body.contains("No directory is configured"));
}

#[tokio::test]
async fn the_status_page_says_which_service_is_down_and_what_waits() {
    let (gateway, mut browser) = officer().await;
    let service = |name: &str, health, requests: u64, failures: u64| ServiceStatus {
        name: name.to_owned(),
        health,
        version: (health != Health::Down).then(|| "0.1.0".to_owned()),
        started_at: (health != Health::Down).then(|| named("2026-11-22T10:00:00Z")),
        traffic: Traffic { requests, failures, p50_ms: Some(3.8), p99_ms: Some(1460.5) },
        outbox: None,
    };
    let backlog = Backlog { pending: 3, dead: 1, oldest_age_seconds: 300 };
    let users = service("users", Health::NotReady, 100_000, 50);
    let services = vec![
        service("gateway", Health::Ready, 5, 0),
        ServiceStatus { outbox: Some(backlog), ..users },
        service("gigs", Health::Down, 10, 5),
    ];
    let since = named("2026-11-22T10:00:00Z");
    let mut status = Status { since, objective: 0.001, services, backup: None };
    gateway.answers(Method::GET, "/status", 200, status.clone());
    let page = browser.get("/status").await;
    assert_eq!(page.status, 200);
    for part in [
        "99.9 %",
        "not ready",
        "no answer",
        "50 failed",
        "50 %",
        "used up",
        "4 ms, 1.5 s",
        "3 waiting, the oldest for 5 min",
        "1 did not go through",
        "does not know of any",
    ] {
        assert!(page.body.contains(part), "{part} {}", page.body);
    }
    status.backup = Some(BackupStatus {
        last_full_at: Some(named("2026-11-20T03:00:00Z")),
        saved_until: None,
        error: Some(HOSTILE.to_owned()),
    });
    gateway.answers(Method::GET, "/status", 200, status);
    let page = browser.get("/status").await;
    for part in ["Nov 20, 2026, 3:00 AM UTC", "late", "failing", "are not saved"] {
        assert!(page.body.contains(part), "{part} {}", page.body);
    }
    assert!(!page.body.contains("<script>alert"));
    gateway.answers(Method::GET, "/status", 503, json!({ "error": "away" }));
    assert_eq!(browser.get("/status").await.status, 503);
}

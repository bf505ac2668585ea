//! Undelivered effects and the campus directory, for officers.

use http::Method;
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    gateway::FakeGateway,
    members::{HOSTILE, signed_in},
};

fn effect(id: u64, dead: bool) -> Value {
    json!({
        "id": id, "peer": "directory", "path": "/activedirectory/add",
        "body": { "netid": "jsmith2" }, "attempts": 12, "last_error": format!("503 {HOSTILE}"),
        "created_at": "2026-11-20T10:00:00Z", "next_attempt_at": "2026-11-22T10:00:00Z",
        "dead_at": dead.then_some("2026-11-21T10:00:00Z"),
    })
}

fn outbox(pending: u64, dead: u64, effects: &[Value]) -> Value {
    json!({ "pending": pending, "dead": dead, "effects": effects })
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
        "1 given up",
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
    let done = json!({ "error": null, "data": {}, "message": "The effect is delivered again" });
    gateway.answers(Method::POST, path, 200, done);
    browser.get("/intranet/outbox").await;
    let done = browser.submit("/intranet/outbox/users/4/replay", &[]).await;
    assert_eq!((done.status.as_u16(), done.location()), (303, "/intranet/outbox"));
    assert_eq!(gateway.calls(&Method::POST, path).len(), 1);
    assert!(browser.get("/intranet/outbox").await.body.contains("Effect 4 of users"));
    let waits = json!({ "error": "Only an effect that was given up can be repeated" });
    gateway.answers(Method::POST, path, 409, waits);
    browser.submit("/intranet/outbox/users/4/replay", &[]).await;
    assert!(browser.get("/intranet/outbox").await.body.contains("Only an effect that was given"));
    assert_eq!(browser.submit("/intranet/outbox/quotes/4/replay", &[]).await.status, 404);
}

#[tokio::test]
async fn the_directory_shows_its_state_and_where_it_differs() {
    let (gateway, mut browser) = officer().await;
    let mut status = json!({
        "configured": true, "protection": "ldaps", "reachable": true, "error": null, "waiting": 2,
        "refused": 0, "last_report_at": null,
    });
    gateway.answers(Method::GET, "/directory/status", 200, status.clone());
    let page = browser.get("/intranet/directory").await;
    assert!(page.body.contains("reachable") && page.body.contains("2 waiting"));
    assert!(page.body.contains("have not been compared yet"));
    assert!(!page.body.contains("/intranet/directory/repair"), "there is nothing to repair");

    let report = json!({
        "id": 3, "made_at": "2026-11-22T09:33:41Z", "members": 12, "listed": 13,
        "missing": [{ "netid": "jsmith2", "dn": "cn=jsmith2" }, { "netid": "new3", "dn": null }],
        "surplus": [
            { "netid": "mallory2", "dn": "cn=mallory2", "added_by_grove": true },
            { "netid": "guest4", "dn": "cn=guest4", "added_by_grove": false },
        ],
        "unknown": ["cn=printer"],
    });
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
    status["reachable"] = false.into();
    status["error"] = "connection refused".into();
    gateway.answers(Method::GET, "/directory/status", 200, status.clone());
    let page = browser.get("/intranet/directory").await;
    assert!(page.body.contains("not reachable") && page.body.contains("connection refused"));
    status["configured"] = false.into();
    status["reachable"] = Value::Null;
    gateway.answers(Method::GET, "/directory/status", 200, status);
    assert!(browser.get("/intranet/directory").await.body.contains("not configured"));
    gateway.answers(Method::GET, "/directory/status", 503, json!({ "error": "away" }));
    gateway.answers(Method::GET, "/directory/report", 503, json!({ "error": "away" }));
    let page = browser.get("/intranet/directory").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("does not answer right now"));
}

#[tokio::test]
async fn the_directory_is_checked_and_repaired_by_a_button() {
    let (gateway, mut browser) = officer().await;
    let report = json!({
        "id": 3, "made_at": "2026-11-22T09:33:41Z", "members": 1, "listed": 1, "missing": [],
        "surplus": [], "unknown": [],
    });
    let failed = [json!({ "netid": "new3", "error": "There is no such entry" })];
    let repair = json!({
        "added": ["jsmith2"], "removed": [], "failed": failed, "left": 4, "report": report.clone(),
    });
    gateway.answers(Method::POST, "/directory/reconcile", 200, report);
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
    let traffic = |requests: u64, failures: u64| json!({ "requests": requests, "failures": failures, "p50_ms": 3.8, "p99_ms": 1460.5 });
    let services = json!([
        { "name": "gateway", "health": "ready", "version": "0.1.0", "started_at": "2026-11-22T10:00:00Z",
          "traffic": traffic(5, 0), "outbox": null },
        { "name": "users", "health": "not_ready", "version": "0.1.0", "started_at": "2026-11-22T10:00:00Z",
          "traffic": traffic(100_000, 50), "outbox": { "pending": 3, "dead": 1, "oldest_age_seconds": 300 } },
        { "name": "gigs", "health": "down", "version": null, "started_at": null,
          "traffic": traffic(10, 5), "outbox": null },
    ]);
    let mut status = json!({ "since": "2026-11-22T10:00:00Z", "objective": 0.001, "services": services, "backup": null });
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
        "1 given up",
        "does not know of any",
    ] {
        assert!(page.body.contains(part), "{part} {}", page.body);
    }
    status["backup"] =
        json!({ "last_full_at": "2026-11-20T03:00:00Z", "saved_until": null, "error": HOSTILE });
    gateway.answers(Method::GET, "/status", 200, status);
    let page = browser.get("/status").await;
    for part in ["Nov 20, 2026, 3:00 AM UTC", "late", "failing", "are not saved"] {
        assert!(page.body.contains(part), "{part} {}", page.body);
    }
    assert!(!page.body.contains("<script>alert"));
    gateway.answers(Method::GET, "/status", 503, json!({ "error": "away" }));
    assert_eq!(browser.get("/status").await.status, 503);
}

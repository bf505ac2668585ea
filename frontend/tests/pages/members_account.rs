//! The visitor's own account.

use grove_auth_api::{Session, Sessions};
use grove_users_api::Profile;
use http::Method;
use serde_json::json;

use crate::{
    browser::Browser,
    gateway::{FakeGateway, data, message, named, profile},
    members::{HOSTILE, signed_in},
};

fn session(id: u64, current: bool, user_agent: &str) -> Session {
    Session {
        id,
        created_at: named("2026-11-20T10:00:00Z"),
        last_used_at: named("2026-11-22T09:05:00Z"),
        expires_at: named("2026-12-20T10:00:00Z"),
        user_agent: Some(user_agent.to_owned()),
        address: Some("192.0.2.7".to_owned()),
        current,
    }
}

async fn account() -> (FakeGateway, Browser) {
    let gateway = FakeGateway::start().await;
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let sessions = vec![session(1, true, firefox), session(2, false, HOSTILE)];
    gateway.answers(Method::GET, "/sessions", 200, Sessions { sessions });
    let browser = signed_in(&gateway, &[]);
    (gateway, browser)
}

#[tokio::test]
async fn the_account_shows_ones_record_terms_and_sessions() {
    let (gateway, mut browser) = account().await;
    let page = browser.get("/account").await;
    for part in [
        "Jo Smith",
        "Jan 2, 2026 – Aug 31, 2026",
        "Firefox on Linux",
        "192.0.2.7",
        "Nov 22, 2026, 9:05 AM UTC",
        "this one",
        "action=\"/account/sessions/2/end\"",
        "End all others",
        "aria-checked=\"false\"",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
    assert!(!page.body.contains("/account/sessions/1/end"), "that is what logging out is for");
    assert!(page.body.contains("/textarea") && !page.body.contains("<script>"));

    gateway.answers(Method::GET, "/sessions", 503, json!({ "error": "no" }));
    let page = browser.get("/account").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("The list of sessions is not available right now."));
}

#[tokio::test]
async fn a_name_is_published_by_a_switch_that_shows_at_once() {
    let (gateway, mut browser) = account().await;
    let page = browser.get("/account").await;
    assert!(page.body.contains("name=\"published\" value=\"true\""));
    let me = profile("jsmith2", "member", &[]);
    let me = Profile { published: true, memberships: vec![], ..me };
    gateway.answers(Method::PUT, "/users/me", 200, data(me.clone()));
    gateway.answers(Method::GET, "/users/me", 200, data(me));
    let done = browser.submit("/account/profile", &[("published", "true")]).await;
    assert_eq!((done.status.as_u16(), done.location()), (303, "/account"));
    assert_eq!(gateway.calls(&Method::PUT, "/users/me")[0].body, json!({ "published": true }));
    let page = browser.get("/account").await;
    assert!(page.body.contains("aria-checked=\"true\""), "nothing stale");
    assert!(page.body.contains("Your name is shown") && page.body.contains("value=\"false\""));
    assert_eq!(browser.submit("/account/profile", &[("published", "x")]).await.status, 400);
}

#[tokio::test]
async fn a_password_is_changed_by_the_one_before() {
    let (gateway, mut browser) = account().await;
    gateway.answers(Method::PUT, "/password", 200, message("Your password is changed."));
    browser.get("/account").await;
    let path = "/account/password/change";
    let fields = |repeated| {
        [("current", "old one"), ("password", "umbrella trombone"), ("repeated", repeated)]
    };
    let page = browser.submit_and_follow(path, &fields("umbrella")).await;
    assert!(page.is_wrong_form());
    assert!(page.body.contains("The two new passwords differ."));
    assert!(!page.body.contains("umbrella") && !page.body.contains("old one"), "never shown");
    assert_eq!(gateway.writes().len(), 0);

    let done = browser.submit(path, &fields("umbrella trombone")).await;
    assert_eq!((done.status.as_u16(), done.location()), (303, "/account"));
    let expected = json!({ "current": "old one", "new": "umbrella trombone" });
    assert_eq!(gateway.calls(&Method::PUT, "/password")[0].body, expected);
    assert!(browser.get("/account").await.body.contains("Your password is changed."));

    let wrong = json!({ "error": "The current password is wrong" });
    gateway.answers(Method::PUT, "/password", 400, wrong);
    let page = browser.submit_and_follow(path, &fields("umbrella trombone")).await;
    assert!(page.is_wrong_form());
    assert!(page.body.contains("The current password is wrong"));
    let wait = vec![("retry-after", "60".to_owned())];
    gateway.answers_with(Method::PUT, "/password", 429, wait, json!({ "error": "slow" }));
    let page = browser.submit(path, &fields("umbrella trombone")).await;
    assert_eq!((page.status.as_u16(), page.header("retry-after")), (429, "60"));
}

#[tokio::test]
async fn sessions_are_ended_one_by_one_or_all_but_this_one() {
    let (gateway, mut browser) = account().await;
    gateway.answers(Method::DELETE, "/sessions/2", 200, message("The session is ended."));
    gateway.answers(Method::DELETE, "/sessions", 200, message("Every other session is ended."));
    browser.get("/account").await;
    let done = browser.submit("/account/sessions/2/end", &[]).await;
    assert_eq!((done.status.as_u16(), done.location()), (303, "/account"));
    assert!(browser.get("/account").await.body.contains("The session is ended."));
    browser.submit("/account/sessions/end-others", &[]).await;
    assert!(browser.get("/account").await.body.contains("Every other session is ended."));
    assert_eq!(gateway.calls(&Method::DELETE, "/sessions").len(), 1);

    gateway.answers(Method::DELETE, "/sessions/2", 404, json!({ "error": "Session not found" }));
    browser.submit("/account/sessions/2/end", &[]).await;
    assert!(browser.get("/account").await.body.contains("Session not found"));
}

#[tokio::test]
async fn a_session_that_ended_elsewhere_leads_to_the_login_page() {
    let (gateway, mut browser) = account().await;
    browser.get("/account").await;
    let ended = json!({ "error": "no session" });
    gateway.answers(Method::DELETE, "/sessions", 401, ended);
    let done = browser.submit("/account/sessions/end-others", &[]).await;
    assert_eq!((done.status.as_u16(), done.location()), (303, "/login"));
}

#[tokio::test]
async fn who_is_signed_in_downloads_what_is_kept_of_them() {
    let (gateway, mut browser) = account().await;
    assert!(browser.get("/account").await.body.contains("href=\"/account/data\""));
    gateway.answers(Method::GET, "/users/me/data", 200, json!("a ZIP"));
    let file = browser.get("/account/data").await;
    assert_eq!((file.status.as_u16(), file.body.as_str()), (200, "\"a ZIP\""));
    let name = file.headers["content-disposition"].to_str().unwrap();
    assert!(name.starts_with("attachment; filename=\"grove-jsmith2-"), "{name}");
    assert_eq!(file.headers["content-type"], "application/zip");
    assert_eq!(file.headers["cache-control"], "no-store");
    assert_eq!(Browser::new(&gateway).get("/account/data").await.status, 303);
}

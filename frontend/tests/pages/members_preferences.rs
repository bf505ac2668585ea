//! Which messages someone gets: in the account, and by the link in a mail.

use grove_notifications_api::{Preference, Preferences, Unsubscribed};
use http::Method;
use serde_json::json;

use crate::{
    browser::{Browser, form},
    gateway::FakeGateway,
    members::signed_in,
};

const PAGE: &str = "/account/notifications";
const API: &str = "/notifications/preferences";

fn preference(kind: &str, channel: &str, enabled: bool, mandatory: bool) -> Preference {
    Preference { kind: kind.to_owned(), channel: channel.to_owned(), enabled, mandatory }
}

async fn member() -> (FakeGateway, Browser) {
    let gateway = FakeGateway::start().await;
    let preferences = vec![
        preference("announcement", "email", true, false),
        preference("announcement", "slack", false, false),
        preference("account_security", "email", true, true),
    ];
    gateway.answers(Method::GET, API, 200, Preferences { preferences });
    let browser = signed_in(&gateway, &[]);
    (gateway, browser)
}

#[tokio::test]
async fn a_member_sees_what_they_get_and_what_is_always_sent() {
    let (_gateway, mut browser) = member().await;
    let page = browser.get(PAGE).await;
    assert_eq!(page.status, 200);
    for part in [
        "<th scope=\"col\">Mail</th>",
        "<th scope=\"col\">Slack</th>",
        "value=\"announcement:email\" checked>",
        "value=\"announcement:slack\">",
        "value=\"account_security:email\" checked disabled aria-describedby=\"reason-2\"",
        "id=\"reason-2\"",
        "Always sent",
        "Account security",
        "does not exist",
    ] {
        assert!(page.body.contains(part), "{part} {}", page.body);
    }
    assert!(!page.body.contains("name=\"shown\" value=\"account_security"));
    assert!(browser.get("/account").await.body.contains("href=\"/account/notifications\""));
}

#[tokio::test]
async fn what_is_ticked_is_saved_and_what_was_not_shown_stays() {
    let (gateway, mut browser) = member().await;
    gateway.answers(Method::PUT, API, 200, Preferences { preferences: vec![] });
    browser.get(PAGE).await;
    let fields = [
        ("shown", "announcement:email"),
        ("shown", "announcement:slack"),
        ("on", "announcement:slack"),
        ("on", "account_security:email"),
    ];
    let done = browser.submit(PAGE, &fields).await;
    assert_eq!((done.status.as_u16(), done.location()), (303, PAGE));
    let expected = json!({ "preferences": [
        { "kind": "announcement", "channel": "email", "enabled": false },
        { "kind": "announcement", "channel": "slack", "enabled": true },
    ] });
    assert_eq!(gateway.calls(&Method::PUT, API)[0].body, expected);
    assert!(browser.get(PAGE).await.body.contains("Saved."));

    gateway.answers(Method::PUT, API, 400, json!({ "error": "No such kind" }));
    let page = browser.submit_and_follow(PAGE, &fields).await;
    assert!(page.is_wrong_form());
    assert!(page.body.contains("No such kind"));
    assert!(page.body.contains("value=\"announcement:slack\" checked>"), "what was ticked stays");
    assert!(page.body.contains("value=\"announcement:email\">"));
}

#[tokio::test]
async fn the_link_of_a_mail_changes_nothing_by_itself() {
    let gateway = FakeGateway::start().await;
    let page = Browser::new(&gateway).get("/unsubscribe/t0ken").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("action=\"/unsubscribe/t0ken\""));
    assert_eq!(gateway.writes().len(), 0);
}

#[tokio::test]
async fn unsubscribing_needs_no_cookie_and_uses_no_session() {
    let gateway = FakeGateway::start().await;
    let api = "/notifications/unsubscribe/t0ken";
    let message = "You get no more announcements by mail.".to_owned();
    let done = Unsubscribed { kind: "announcement".to_owned(), message };
    gateway.answers(Method::POST, api, 200, done);
    let mut provider = Browser::new(&gateway);
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let body = form(&[("List-Unsubscribe", "One-Click")]);
    let page = provider.send(Method::POST, "/unsubscribe/t0ken", &[kind], &body).await;
    assert_eq!(page.status, 200, "a provider follows no redirect");
    assert!(page.body.contains("You get no more announcements by mail."));
    assert!(page.body.contains("href=\"/account/notifications\""));
    assert!(page.headers.get("set-cookie").is_none());

    let mut visitor = signed_in(&gateway, &["admin"]);
    let elsewhere = [kind, ("origin", "https://mail.example"), ("sec-fetch-site", "cross-site")];
    let page = visitor.send(Method::POST, "/unsubscribe/t0ken", &elsewhere, &body).await;
    assert_eq!(page.status, 200);
    let calls = gateway.calls(&Method::POST, api);
    assert_eq!(calls.len(), 2);
    assert!(calls.iter().all(|call| call.headers.get("token").is_none()));
    assert_eq!(gateway.calls(&Method::GET, "/users/me").len(), 0, "nobody asks who it is");
}

#[tokio::test]
async fn a_link_that_is_not_valid_says_so() {
    let gateway = FakeGateway::start().await;
    let mut browser = Browser::new(&gateway);
    let page = browser.send(Method::POST, "/unsubscribe/wrong", &[], "").await;
    assert_eq!(page.status, 404);
    assert!(page.body.contains("This link is not valid"));
    let away = json!({ "error": "away" });
    gateway.answers(Method::POST, "/notifications/unsubscribe/t0ken", 503, away);
    let page = browser.send(Method::POST, "/unsubscribe/t0ken", &[], "").await;
    assert_eq!((page.status.as_u16(), page.header("retry-after")), (503, "5"));
}

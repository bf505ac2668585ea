//! Signing in and out.

use grove_users_api::SignedIn;
use http::Method;
use serde_json::json;

use crate::{
    browser::Browser,
    gateway::{FakeGateway, data, user},
    members::own_session,
};

fn accept(gateway: &FakeGateway, token: &str) {
    let signed_in = SignedIn { user: user("jsmith2", "member"), token: token.to_owned() };
    gateway.answers(Method::POST, "/users/login", 200, data(signed_in));
    gateway.knows(token, "jsmith2", &[]);
}

#[tokio::test]
async fn a_member_signs_in_and_out() {
    let gateway = FakeGateway::start().await;
    accept(&gateway, "s3cret");
    let mut browser = Browser::new(&gateway);
    let page = browser.get("/login").await;
    assert!(page.body.contains("Log in") && page.body.contains("required autofocus"));

    let done = browser.submit("/login", &[("netid", " jsmith2 "), ("password", " p ")]).await;
    assert_eq!((done.status.as_u16(), done.location()), (303, "/intranet"));
    assert_eq!(browser.cookies["__Host-session"], "s3cret");
    assert!(!browser.cookies.contains_key("__Host-visitor"));
    let call = &gateway.calls(&Method::POST, "/users/login")[0];
    assert_eq!(call.body, json!({ "netid": "jsmith2", "password": " p " }));
    assert_eq!(call.headers["x-forwarded-for"], "192.0.2.7");

    let home = browser.get("/").await;
    assert!(home.body.contains("jsmith2") && home.body.contains("Log out"));
    assert_eq!(gateway.calls(&Method::GET, "/users/me")[0].headers["token"], "s3cret");
    assert_eq!(browser.get("/login").await.location(), "/intranet");

    let done = browser.submit("/logout", &[]).await;
    assert_eq!((done.status.as_u16(), done.location()), (303, "/"));
    let call = &gateway.calls(&Method::POST, "/users/logout")[0];
    assert_eq!(call.body, json!({ "token": "s3cret" }));
    assert!(!browser.cookies.contains_key("__Host-session"));
    let home = browser.get("/").await;
    assert!(home.body.contains("You are signed out.") && home.body.contains("Log in"));
    assert!(!browser.get("/").await.body.contains("You are signed out."), "shown once");
}

#[tokio::test]
async fn a_wrong_password_keeps_the_netid_and_tells_why() {
    let gateway = FakeGateway::start().await;
    let wrong = json!({ "error": "Invalid netid or password" });
    gateway.answers(Method::POST, "/users/login", 400, wrong);
    let mut browser = Browser::new(&gateway);
    browser.get("/login?next=/about").await;
    let fields = [("netid", "jsmith2"), ("password", "hunter2"), ("next", "/about")];
    let page = browser.submit_and_follow("/login", &fields).await;
    assert!(page.is_wrong_form());
    assert!(
        page.body.contains("Invalid netid or password") && page.body.contains("value=\"jsmith2\"")
    );
    assert!(page.body.contains("value=\"/about\"") && !page.body.contains("hunter2"));

    let wait = vec![("retry-after", "600".to_owned())];
    let body = json!({ "error": "Too many tries, please wait" });
    gateway.answers_with(Method::POST, "/users/login", 429, wait, body);
    let page = browser.submit_and_follow("/login", &fields).await;
    assert!(page.is_wrong_form());
    assert!(page.body.contains("wait 10 minutes"));
}

#[tokio::test]
async fn signing_in_leads_to_where_one_wanted_to_go_but_never_elsewhere() {
    let gateway = FakeGateway::start().await;
    accept(&gateway, "s3cret");
    let cases = [
        ("/sigs?a=b", "/sigs?a=b"),
        ("//evil.example", "/intranet"),
        ("/\\evil.example", "/intranet"),
        ("https://evil.example", "/intranet"),
        ("/\t/evil.example", "/intranet"),
        ("javascript:alert(1)", "/intranet"),
    ];
    for (next, leads_to) in cases {
        let mut browser = Browser::new(&gateway);
        browser.get("/login").await;
        let fields = [("netid", "jsmith2"), ("password", "p"), ("next", next)];
        assert_eq!(browser.submit("/login", &fields).await.location(), leads_to, "{next}");
    }
}

#[tokio::test]
async fn an_ended_session_makes_a_stranger() {
    let gateway = FakeGateway::start().await;
    let mut browser = Browser::new(&gateway);
    browser.cookies.insert("__Host-session".to_owned(), "long-gone".to_owned());
    let home = browser.get("/").await;
    assert_eq!(home.status, 200);
    assert!(home.body.contains("Log in"));
    assert!(!browser.cookies.contains_key("__Host-session"));
    gateway.forgets("long-gone");
}

#[tokio::test]
async fn an_account_without_a_record_is_signed_in_all_the_same() {
    let gateway = FakeGateway::start().await;
    let mut browser = Browser::new(&gateway);
    browser.sign_in(&gateway, "jsmith2", &[]);
    gateway.answers(Method::GET, "/users/me", 404, json!({ "error": "User not found" }));
    gateway.answers(Method::GET, "/session", 200, own_session("Jo"));
    let home = browser.get("/").await;
    assert!(home.body.contains("jsmith2") && home.body.contains("Log out"));
    let asked = &gateway.calls(&Method::GET, "/session")[0];
    assert_eq!(asked.headers["token"], "session-of-jsmith2", "the path does not hold it");
}

#[tokio::test]
async fn signing_in_again_ends_the_session_before() {
    let gateway = FakeGateway::start().await;
    accept(&gateway, "second");
    let mut browser = Browser::new(&gateway);
    browser.sign_in(&gateway, "jsmith2", &[]);
    browser.get("/").await;
    browser.submit("/login", &[("netid", "jsmith2"), ("password", "p")]).await;
    assert_eq!(browser.cookies["__Host-session"], "second");
    let ended = &gateway.calls(&Method::POST, "/users/logout")[0];
    assert_eq!(ended.body, json!({ "token": "session-of-jsmith2" }));
}

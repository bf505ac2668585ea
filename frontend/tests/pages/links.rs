//! Passwords set through a link in a mail.

use grove_auth_api::{AccountName, NewSession};
use grove_users_api::SignedIn;
use http::Method;
use serde_json::json;

use crate::{
    browser::{Browser, Reply},
    gateway::{FakeGateway, data, message, named, user},
    members::{account, signed_in},
};

const PAGE: &str = "/account/password?token=t0ken";
const WORDS: &str = "correct horse battery";

/// A gateway that knows a link of jsmith2.
async fn with_link() -> FakeGateway {
    let gateway = FakeGateway::start().await;
    let owner = AccountName { netid: named("jsmith2") };
    gateway.answers(Method::POST, "/password/link/check", 200, owner);
    let session = NewSession { token: "begun".to_owned(), account: account("Jo") };
    gateway.answers(Method::POST, "/password/link", 200, session);
    gateway.knows("begun", "jsmith2", &[]);
    gateway
}

/// Lets the link be used by now, or too old.
fn use_up(gateway: &FakeGateway) {
    let used = json!({ "error": "This link has expired or was used" });
    for path in ["/password/link", "/password/link/check"] {
        gateway.answers(Method::POST, path, 404, &used);
    }
}

async fn set(browser: &mut Browser, repeated: &str) -> Reply {
    let fields =
        [("token", "t0ken"), ("netid", "jsmith2"), ("password", WORDS), ("repeated", repeated)];
    browser.submit("/account/password", &fields).await
}

#[tokio::test]
async fn a_link_is_asked_for_in_the_same_way_whoever_has_an_account() {
    let gateway = FakeGateway::start().await;
    gateway.answers(Method::POST, "/password/reset", 200, message("OK"));
    let mut browser = Browser::new(&gateway);
    browser.get("/account/forgot").await;
    let known = browser.submit("/account/forgot", &[("netid", "jsmith2")]).await;
    gateway.answers(Method::POST, "/password/reset", 400, json!({ "error": "A valid netid" }));
    let unknown = browser.submit("/account/forgot", &[("netid", "?")]).await;
    assert_eq!((known.status, known.location()), (unknown.status, unknown.location()));
    assert!(browser.get(known.location()).await.body.contains("on its way"));
}

#[tokio::test]
async fn who_sets_a_password_by_a_link_is_signed_in_at_once() {
    let gateway = with_link().await;
    let mut browser = Browser::new(&gateway);
    let page = browser.get(PAGE).await;
    assert!(page.body.contains("value=\"t0ken\"") && page.body.contains("value=\"jsmith2\""));
    assert!(page.body.contains("readonly autocomplete=\"username\""), "for password managers");
    let checked = &gateway.calls(&Method::POST, "/password/link/check")[0];
    assert_eq!(checked.body, json!({ "token": "t0ken" }));

    let wrong = set(&mut browser, "other").await;
    assert_eq!(wrong.location(), "/account/password?token=t0ken&again");
    let page = browser.get(wrong.location()).await;
    assert!(page.is_wrong_form());
    assert!(page.body.contains("differ") && !page.body.contains(WORDS));

    let done = set(&mut browser, WORDS).await;
    assert_eq!((done.status.as_u16(), done.location()), (303, "/intranet"));
    assert_eq!(browser.cookies["__Host-session"], "begun");
    let call = &gateway.calls(&Method::POST, "/password/link")[0];
    assert_eq!(call.body, json!({ "token": "t0ken", "password": WORDS }));
    let dashboard = browser.get("/intranet").await;
    assert!(dashboard.body.contains("Your password is set, and you are signed in."));
    assert!(gateway.calls(&Method::POST, "/users/login").is_empty());
}

#[tokio::test]
async fn setting_a_password_by_a_link_ends_the_session_before() {
    let gateway = with_link().await;
    let mut browser = Browser::new(&gateway);
    browser.sign_in(&gateway, "adhawa2", &[]);
    browser.get(PAGE).await;
    set(&mut browser, WORDS).await;
    assert_eq!(browser.cookies["__Host-session"], "begun");
    let ended = &gateway.calls(&Method::POST, "/users/logout")[0];
    assert_eq!(ended.body, json!({ "token": "session-of-adhawa2" }));
}

#[tokio::test]
async fn a_link_that_is_of_no_use_leads_on_before_anything_is_typed() {
    let gateway = with_link().await;
    use_up(&gateway);
    let mut browser = Browser::new(&gateway);
    assert_eq!(browser.get(PAGE).await.location(), "/account/forgot");
    let page = browser.get("/account/forgot").await;
    assert!(page.body.contains("If you have set a password with it, log in."));

    let mut browser = signed_in(&gateway, &[]);
    assert_eq!(browser.get(PAGE).await.location(), "/intranet");
    let page = browser.get("/intranet").await;
    assert!(page.body.contains("You are signed in as jsmith2 all the same."));
    assert!(gateway.calls(&Method::POST, "/password/link").is_empty());
}

#[tokio::test]
async fn a_page_says_when_it_cannot_be_told_whether_a_link_is_of_use() {
    let gateway = with_link().await;
    let down = json!({ "error": "auth is not available" });
    gateway.answers(Method::POST, "/password/link/check", 503, down);
    assert_eq!(Browser::new(&gateway).get(PAGE).await.status, 503);
}

#[tokio::test]
async fn a_form_that_is_sent_again_after_its_answer_was_lost_signs_in() {
    let gateway = with_link().await;
    let session = SignedIn { user: user("jsmith2", "member"), token: "begun".to_owned() };
    gateway.answers(Method::POST, "/users/login", 200, data(session));
    let lost = json!({ "error": "auth is not available" });
    // The gateway gets no answer, or the browser got none when it sent the same form before.
    for (status, answer) in [(503, lost), (404, json!({ "error": "This link was used" }))] {
        let mut browser = Browser::new(&gateway);
        browser.get(PAGE).await;
        gateway.answers(Method::POST, "/password/link", status, answer);
        assert_eq!(set(&mut browser, WORDS).await.location(), "/intranet");
        assert_eq!(browser.cookies["__Host-session"], "begun");
        let page = browser.get("/intranet").await;
        assert!(page.body.contains("Your password is set, and you are signed in."));
    }
    let call = gateway.calls(&Method::POST, "/users/login").pop().unwrap();
    assert_eq!(call.body, json!({ "netid": "jsmith2", "password": WORDS }));
}

#[tokio::test]
async fn a_used_link_does_not_let_in_who_has_another_password() {
    let gateway = with_link().await;
    let mut browser = Browser::new(&gateway);
    browser.get(PAGE).await;
    use_up(&gateway);
    for status in [400, 429] {
        gateway.answers(Method::POST, "/users/login", status, json!({ "error": "No." }));
        assert_eq!(set(&mut browser, WORDS).await.location(), "/account/forgot");
        assert!(!browser.cookies.contains_key("__Host-session"));
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_password_is_told_and_nothing_else_is_tried() {
    let gateway = with_link().await;
    let mut browser = Browser::new(&gateway);
    browser.get(PAGE).await;
    let weak = json!({ "error": "Choose unrelated words" });
    gateway.answers(Method::POST, "/password/link", 400, weak);
    let sent = set(&mut browser, WORDS).await;
    let page = browser.get(sent.location()).await;
    assert!(page.is_wrong_form() && page.body.contains("Choose unrelated words"));
    assert!(gateway.calls(&Method::POST, "/users/login").is_empty());
}

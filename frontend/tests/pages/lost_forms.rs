//! Forms that come without a session, a valid token or a cookie: what was typed is not lost.

use http::{Method, header};
use serde_json::json;

use crate::{
    browser::{Browser, Reply, form, site},
    gateway::{FakeGateway, data, message},
    members::signed_in,
};

const PAGE: &str = "https://localhost:5000";

/// Sends a form from a page, as browsers do that tell which.
async fn submit_from(
    browser: &mut Browser,
    page: &str,
    path: &str,
    fields: &[(&str, &str)],
) -> Reply {
    let token = browser.token.clone();
    let fields: Vec<_> = [("csrf", token.as_str())].iter().chain(fields).copied().collect();
    let page = format!("{PAGE}{page}");
    let headers = [
        ("sec-fetch-site", "same-origin"),
        ("origin", PAGE),
        ("referer", page.as_str()),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    browser.send(Method::POST, path, &headers, &form(&fields)).await
}

#[tokio::test]
async fn what_was_typed_waits_until_one_has_signed_in_again() {
    let gateway = FakeGateway::start().await;
    gateway.answers(Method::GET, "/quotes", 200, data(Vec::<grove_quotes_api::Quote>::new()));
    gateway.answers(Method::POST, "/quotes", 200, message("Done!"));
    let mut browser = signed_in(&gateway, &[]);
    browser.get("/intranet/quotes").await;
    // It ends elsewhere, and the website learns of it by the call itself.
    gateway.answers(Method::POST, "/quotes", 401, json!({ "error": "no session" }));
    let fields = [("text", "It <works>."), ("source", "Grace")];
    let sent =
        submit_from(&mut browser, "/intranet/quotes/new", "/intranet/quotes/new", &fields).await;
    let next = "/login?next=%2Fintranet%2Fquotes%2Fnew%3Fagain";
    assert_eq!((sent.status.as_u16(), sent.location()), (303, next));
    assert!(!browser.cookies.contains_key("__Host-session"));
    assert!(!browser.cookies["__Host-form"].contains("works"), "nobody reads it on the way");
    let login = browser.get(next).await;
    assert!(login.body.contains("You were signed out meanwhile."));

    browser.sign_in(&gateway, "jsmith2", &[]);
    let page = browser.get("/intranet/quotes/new?again").await;
    assert!(page.body.contains("It &#60;works&#62;.") && page.body.contains("value=\"Grace\""));
    assert!(page.body.contains("id=\"add\" open") && !page.is_wrong_form());
    browser.sign_in(&gateway, "jsmith2", &[]);
    browser.submit("/logout", &[]).await;
    assert!(!browser.cookies.contains_key("__Host-form"), "logging out forgets it");
}

#[tokio::test]
async fn passwords_are_kept_nowhere() {
    let gateway = FakeGateway::start().await;
    let mut browser = signed_in(&gateway, &[]);
    browser.get("/account").await;
    gateway.answers(Method::PUT, "/password", 401, json!({ "error": "no session" }));
    let word = "umbrella trombone";
    let fields = [("current", "old one"), ("password", word), ("repeated", word)];
    let sent = submit_from(&mut browser, "/account", "/account/password/change", &fields).await;
    assert_eq!(sent.location(), "/login?next=%2Faccount", "there is nothing to keep");
    assert!(!browser.cookies.contains_key("__Host-form"));
    let sent = browser.submit("/account/password/change", &fields).await;
    assert!(!sent.body.contains("umbrella") && !sent.body.contains("old one"));
}

#[tokio::test]
async fn a_form_of_a_session_before_comes_back_as_it_was() {
    let gateway = FakeGateway::start().await;
    gateway.answers(Method::GET, "/quotes", 200, data(Vec::<grove_quotes_api::Quote>::new()));
    let mut browser = signed_in(&gateway, &[]);
    browser.get("/intranet/quotes/new").await;
    browser.sign_in(&gateway, "adhawa2", &[]);
    let fields = [("text", "Two tabs."), ("source", "Grace")];
    let path = "/intranet/quotes/new";
    let sent = submit_from(&mut browser, path, path, &fields).await;
    assert_eq!((sent.status.as_u16(), sent.location()), (303, "/intranet/quotes/new?again"));
    assert_eq!(gateway.writes().len(), 0);
    let page = browser.get(sent.location()).await;
    assert!(
        page.body.contains("Two tabs.") && page.body.contains("You are signed in as adhawa2 now.")
    );
    gateway.answers(Method::POST, "/quotes", 200, message("Done!"));
    assert_eq!(browser.submit(path, &fields).await.location(), "/intranet/quotes");
}

#[tokio::test]
async fn what_is_too_long_for_a_cookie_comes_back_in_a_page_of_its_own() {
    let gateway = FakeGateway::start().await;
    let mut browser = signed_in(&gateway, &[]);
    browser.get("/account").await;
    browser.sign_in(&gateway, "adhawa2", &[]);
    let long = "Words & words. ".repeat(400);
    let path = "/intranet/quotes/new";
    let page = submit_from(&mut browser, path, path, &[("text", &long), ("source", "G")]).await;
    assert_eq!(page.status, 403);
    assert!(
        page.body.contains("action=\"/intranet/quotes/new\"") && page.body.contains("Send again")
    );
    assert!(
        page.body.contains("Words &#38; words. Words") && page.body.contains("name=\"source\"")
    );
    gateway.answers(Method::POST, "/quotes", 200, message("Done!"));
    let fields = [("text", "short"), ("source", "G")];
    assert_eq!(browser.submit(path, &fields).await.status, 303, "its token is valid");
}

#[tokio::test]
async fn nothing_of_another_website_is_taken_for_what_was_typed_here() {
    let gateway = FakeGateway::start().await;
    let mut browser = signed_in(&gateway, &[]);
    browser.get("/account").await;
    browser.sign_in(&gateway, "adhawa2", &[]);
    for page in ["https://evil.example/credits/transfer", "https://localhost:5000.evil.example/x"] {
        let headers = [
            ("referer", page),
            ("content-type", "application/x-www-form-urlencoded"),
            ("sec-fetch-site", "same-origin"),
        ];
        let body = form(&[("csrf", "x"), ("to", "mallory2"), ("amount", "5")]);
        let reply = browser.send(Method::POST, "/credits/transfer", &headers, &body).await;
        assert_eq!(reply.status, 403, "{page}");
        assert!(!browser.cookies.contains_key("__Host-form"));
    }
}

#[tokio::test]
async fn a_browser_that_keeps_no_cookies_is_told_so() {
    let gateway = FakeGateway::start().await;
    let mut browser = Browser::new(&gateway);
    browser.get("/login").await;
    browser.cookies.clear();
    let page = browser.submit("/login", &[("netid", "jsmith2"), ("password", "p")]).await;
    assert_eq!(page.status, 403);
    assert!(page.body.contains("Your browser sent no cookie"));
}

#[tokio::test]
async fn without_tls_on_ones_own_machine_cookies_need_none() {
    let gateway = FakeGateway::start().await;
    let site = site(&gateway.url, &["--site-url", "http://localhost:5000"]);
    let mut browser = Browser::at(site);
    let page = browser.get("/login").await;
    let cookie = page.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("visitor=") && !cookie.contains("Secure"), "{cookie}");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"));
    gateway.knows("s3cret", "jsmith2", &[]);
    browser.cookies.insert("session".to_owned(), "s3cret".to_owned());
    assert!(browser.get("/").await.body.contains("jsmith2"));
}

#[tokio::test]
async fn logging_out_works_while_the_gateway_does_not() {
    let gateway = FakeGateway::start().await;
    let mut browser = signed_in(&gateway, &[]);
    browser.get("/").await;
    gateway.answers(Method::POST, "/users/logout", 503, json!({ "error": "down" }));
    let done = browser.submit("/logout", &[]).await;
    assert_eq!((done.status.as_u16(), done.location()), (303, "/"));
    assert!(!browser.cookies.contains_key("__Host-session"));
    assert!(browser.get("/").await.body.contains("You are signed out in this browser."));
}

//! Nothing that fails leaves a visitor without a page.

use std::time::Duration;

use http::Method;
use serde_json::json;

use crate::{
    browser::{Browser, site},
    gateway::FakeGateway,
};

#[tokio::test]
async fn without_a_gateway_there_is_a_page_that_says_so_and_names_the_request() {
    let gateway = FakeGateway::start().await;
    let site = site("http://127.0.0.1:1", &[]);
    let mut browser = Browser::at(site);
    browser.sign_in(&gateway, "jsmith2", &[]);
    let page = browser.get("/sigs").await;
    assert_eq!(page.status, 503);
    assert!(
        page.body.contains("Please try again") && page.body.contains(page.header("x-request-id"))
    );
    assert!(!page.header("retry-after").is_empty());
    assert!(!page.body.contains("127.0.0.1"), "no internals");
    assert_eq!(browser.cookies["__Host-session"], "session-of-jsmith2", "still signed in");

    let home = browser.get("/").await;
    assert_eq!(home.status, 200);
    assert!(home.body.contains("The calendar is not available right now."));
    assert_eq!(browser.get("/about/history").await.status, 200);
    assert_eq!(browser.get("/join").await.status, 200);
}

#[tokio::test]
async fn a_gateway_that_talks_nonsense_is_no_gateway() {
    let gateway = FakeGateway::start().await;
    let mut browser = Browser::new(&gateway);
    for (status, body) in [(200, json!({ "x": 1 })), (500, json!("SECRET")), (302, json!(null))] {
        gateway.answers(Method::GET, "/groups/sigs", status, body);
        let page = browser.get("/sigs").await;
        assert_eq!(page.status, 503);
        assert!(!page.body.contains("SECRET"));
    }
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_taken_are_pages_too() {
    let gateway = FakeGateway::start().await;
    let mut browser = Browser::new(&gateway);
    browser.sign_in(&gateway, "jsmith2", &[]);
    let page = browser.get("/nowhere").await;
    assert_eq!(page.status, 404);
    assert!(page.body.contains("Not found") && page.body.contains("jsmith2"));
    assert!(page.body.contains(page.header("x-request-id")));

    let page = browser.send(Method::PUT, "/login", &[], "").await;
    assert_eq!(page.status, 405);
    assert!(
        page.header("content-type").starts_with("text/html")
            && page.header("allow").contains("POST")
    );
}

#[tokio::test]
async fn a_refusal_for_too_many_tries_tells_when_to_come_back() {
    let gateway = FakeGateway::start().await;
    let wait = vec![("retry-after", "30".to_owned())];
    gateway.answers_with(Method::POST, "/password/reset", 429, wait, json!({ "error": "slow" }));
    let mut browser = Browser::new(&gateway);
    browser.get("/account/forgot").await;
    let page = browser.submit("/account/forgot", &[("netid", "jsmith2")]).await;
    assert_eq!((page.status.as_u16(), page.header("retry-after")), (429, "30"));
}

#[tokio::test]
async fn a_gateway_that_never_answers_does_not_hold_the_visitor() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::at(site(&format!("http://{}", silent.local_addr().unwrap()), &[]));
    let page = tokio::time::timeout(Duration::from_secs(6), browser.get("/sigs")).await.unwrap();
    assert_eq!(page.status, 503);
}

#[tokio::test]
async fn calls_of_a_page_are_given_up_before_the_page_is() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::at(site(&format!("http://{}", silent.local_addr().unwrap()), &[]));
    // Three in a row: who it is, the options, and the payment with its key.
    let gateway = FakeGateway::start().await;
    browser.sign_in(&gateway, "jsmith2", &[]);
    let form = browser.get("/join").await;
    assert!(form.body.contains("name=\"csrf\""), "{} {}", form.status, form.body);
    let fields = [("key", "k"), ("netid", "jsmith2")];
    let sent = browser.submit("/credits/purchaseMembership", &fields);
    let page = tokio::time::timeout(Duration::from_millis(7900), sent).await.unwrap();
    assert!([303, 503].contains(&page.status.as_u16()), "{}", page.status);
    assert!(page.header("location").is_empty() || !page.header("location").contains("login"));
}

#[tokio::test]
async fn the_metrics_are_not_for_visitors() {
    let gateway = FakeGateway::start().await;
    let page = Browser::new(&gateway).get("/metrics").await;
    assert_eq!(page.status, 404);
    assert!(!page.body.contains("http_requests_total"));
}

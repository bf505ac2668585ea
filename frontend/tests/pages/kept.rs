//! What everybody sees is remembered, and by whom it is asked for.

use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use futures_util::future::join_all;
use grove_groups_api::Group;
use grove_shared::Clock;
use http::Method;
use serde_json::json;

use crate::{
    browser::{Browser, Reply},
    gateway::FakeGateway,
    members_payments::options,
    public::group,
};

const SIGS: &str = "/groups/sigs";

fn clock() -> Clock {
    Clock::stopped_at(DateTime::UNIX_EPOCH)
}

fn about(description: &str) -> [Group; 1] {
    [Group { description: description.to_owned(), ..group("SIG C++") }]
}

/// A gateway with one group, and a website whose clock a test moves.
async fn website() -> (FakeGateway, Clock, Browser) {
    let gateway = FakeGateway::start().await;
    gateway.answers(Method::GET, SIGS, 200, about("Templates"));
    gateway.answers(Method::GET, "/credits/payment-options", 200, options(true));
    let clock = clock();
    let browser = Browser::by(&clock, &gateway);
    (gateway, clock, browser)
}

/// Visits a page until it is as expected: what it shows is fetched beside the visits.
async fn until(browser: &mut Browser, page: &str, is_expected: impl Fn(&Reply) -> bool) {
    let visits = async {
        while !is_expected(&browser.get(page).await) {
            tokio::task::yield_now().await;
        }
    };
    let visited = tokio::time::timeout(Duration::from_secs(20), visits).await;
    assert!(visited.is_ok(), "{page}");
}

#[tokio::test]
async fn what_everybody_sees_is_asked_for_once_and_by_nobody() {
    let (gateway, clock, mut browser) = website().await;
    let mut member = browser.another();
    member.sign_in(&gateway, "jsmith2", &[]);
    for page in ["/", "/about", "/sigs", "/join", "/join/next", "/credits/purchaseMembership"] {
        for visitor in [&mut member, &mut browser] {
            visitor.get(page).await;
        }
    }
    assert!(member.get("/intranet/groups").await.body.contains("SIG C++"));
    clock.advance(TimeDelta::seconds(29));
    assert!(browser.get("/sigs").await.body.contains("Templates"));
    for path in [SIGS, "/groups/committees", "/events/upcoming", "/credits/payment-options"] {
        let calls = gateway.calls(&Method::GET, path);
        assert_eq!(calls.len(), 1, "{path}");
        for name in ["token", "x-forwarded-for", "user-agent", "cookie"] {
            assert!(!calls[0].headers.contains_key(name), "{path} {name}");
        }
    }
}

#[tokio::test]
async fn of_many_visitors_one_asks() {
    let (gateway, _, browser) = website().await;
    let pages = join_all((0..20).map(|_| {
        let mut visitor = browser.another();
        async move { visitor.get("/sigs").await }
    }));
    assert!(pages.await.iter().all(|page| page.body.contains("Templates")));
    assert_eq!(gateway.calls(&Method::GET, SIGS).len(), 1);
}

#[tokio::test]
async fn after_half_a_minute_visitors_do_not_wait_for_what_is_new() {
    let (gateway, clock, mut browser) = website().await;
    browser.get("/sigs").await;
    gateway.answers(Method::GET, SIGS, 200, about("Concepts"));
    clock.advance(TimeDelta::seconds(31));
    // It is not answered while a visitor waits.
    gateway.answers_together(&[SIGS, "/groups/committees"]);
    for _ in 0..3 {
        assert!(browser.get("/sigs").await.body.contains("Templates"));
    }
    browser.get("/about").await;
    until(&mut browser, "/sigs", |page| page.body.contains("Concepts")).await;
    assert_eq!(gateway.calls(&Method::GET, SIGS).len(), 2);
}

#[tokio::test]
async fn what_nobody_looked_at_for_long_is_asked_for_before_it_is_shown() {
    let (gateway, clock, mut browser) = website().await;
    browser.get("/sigs").await;
    gateway.answers(Method::GET, SIGS, 200, about("Concepts"));
    clock.advance(TimeDelta::minutes(11));
    assert!(browser.get("/sigs").await.body.contains("Concepts"));
}

#[tokio::test]
async fn while_a_service_is_away_its_pages_stand_and_it_is_left_alone() {
    let (gateway, clock, mut browser) = website().await;
    browser.get("/sigs").await;
    gateway.answers(Method::GET, SIGS, 503, json!({ "error": "away" }));
    for (minutes, calls) in [(1, 2), (60, 3)] {
        clock.advance(TimeDelta::minutes(minutes));
        let asked = || gateway.calls(&Method::GET, SIGS).len();
        until(&mut browser, "/sigs", |page| {
            assert!(page.status == 200 && page.body.contains("Templates"), "{minutes}");
            asked() == calls
        })
        .await;
        browser.get("/sigs").await;
        assert_eq!(asked(), calls);
    }
    clock.advance(TimeDelta::hours(23));
    assert_eq!(browser.get("/sigs").await.status, 503, "what is a day old is told by nobody");
    gateway.answers(Method::GET, SIGS, 200, about("Concepts"));
    assert!(browser.get("/sigs").await.body.contains("Concepts"));
}

#[tokio::test]
async fn a_service_that_never_answers_takes_no_page_along() {
    let (gateway, clock, mut browser) = website().await;
    browser.get("/sigs").await;
    gateway.answers_together(&[SIGS, "/never"]);
    clock.advance(TimeDelta::hours(1));
    let page = browser.get("/sigs").await;
    assert!(page.status == 200 && page.body.contains("Templates"));
}

#[tokio::test]
async fn what_is_gone_is_not_shown_for_long() {
    let (gateway, clock, mut browser) = website().await;
    browser.get("/sigs").await;
    gateway.answers(Method::GET, SIGS, 404, json!({ "error": "Not found" }));
    clock.advance(TimeDelta::minutes(1));
    until(&mut browser, "/sigs", |page| page.status == 404).await;
}

#[tokio::test]
async fn who_changes_something_sees_the_change() {
    let (gateway, _, mut officer) = website().await;
    officer.sign_in(&gateway, "jsmith2", &["top4"]);
    assert!(officer.get("/sigs").await.body.contains("Templates"));
    officer.get("/join/next").await;
    officer.get("/intranet/groups/new").await;
    let changes = [
        (Method::PUT, "/groups/sigs/SIG%20C++", "/intranet/groups/sigs/SIG%20C%2B%2B/edit"),
        (Method::POST, SIGS, "/intranet/groups/new"),
        (Method::DELETE, "/groups/sigs/SIG%20C++", "/intranet/groups/sigs/SIG%20C%2B%2B/end"),
    ];
    for (number, (method, call, form)) in changes.into_iter().enumerate() {
        let text = format!("Change {number}");
        gateway.answers(Method::GET, SIGS, 200, about(&text));
        // Whether it was done is not known when there is no answer.
        let status = if method == Method::DELETE { 503 } else { 200 };
        gateway.answers(method, call, status, group("SIG C++"));
        officer.submit(form, &[("kind", "sigs"), ("name", "SIG C++")]).await;
        assert!(officer.another().get("/sigs").await.body.contains(&text), "{form}");
    }
    officer.get("/join/next").await;
    assert_eq!(gateway.calls(&Method::GET, "/credits/payment-options").len(), 1, "another service");

    let asked = gateway.calls(&Method::GET, SIGS).len();
    gateway.answers(Method::POST, SIGS, 409, json!({ "error": "There is one" }));
    officer.submit("/intranet/groups/new", &[("kind", "sigs"), ("name", "SIG C++")]).await;
    officer.get("/sigs").await;
    assert_eq!(gateway.calls(&Method::GET, SIGS).len(), asked, "nothing has changed");
}

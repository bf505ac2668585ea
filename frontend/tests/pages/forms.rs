//! What every form has in common: errors at their fields, nothing typed is lost, nothing is done twice.

use grove_users_api::IsMember;
use http::Method;
use serde_json::json;

use crate::{
    browser::Browser,
    gateway::{FakeGateway, data, message},
    members::signed_in,
    members_credits::{balance, key, with_history},
    members_merch::{bought, with_machine},
    members_payments::{options, payment},
};

const UNKNOWN: &str = "we do not know yet whether it went through";

#[tokio::test]
async fn a_form_whose_outcome_is_unknown_comes_back_with_its_key() {
    let gateway = with_history(&[], None).await;
    gateway.answers(Method::GET, "/credits/payment-options", 200, options(true));
    let known = IsMember {
        netid: "adhawa2".to_owned(),
        first_name: None,
        last_name: None,
        is_member: true,
    };
    gateway.answers(Method::GET, "/users/adhawa2/is_member", 200, data(known));
    let forms = [
        ("/credits/transfer", "/credits/transfers", &[("to", "adhawa2"), ("amount", "5")][..]),
        ("/credits/addFunds", "/credits/top-ups", &[("dollars", "12.50")]),
        ("/intranet/gigs", "/gigs", &[("title", "Sweep"), ("credits", "5")]),
        (
            "/credits/admin/adhawa2",
            "/credits/transactions",
            &[("to", "false"), ("amount", "5"), ("reason", "Cash")],
        ),
    ];
    let mut browser = signed_in(&gateway, &["admin"]);
    browser.get("/credits/transfer").await;
    for (path, api, fields) in forms {
        gateway.answers(Method::POST, api, 503, json!({ "error": "down" }));
        let sent = [fields, &[("key", "the-first-key")]].concat();
        let page = browser.submit_and_follow(path, &sent).await;
        assert!(page.is_wrong_form() && page.body.contains(UNKNOWN), "{path} {}", page.body);
        assert_eq!(key(&page), "the-first-key", "{path}");
        for (name, value) in fields {
            let part = format!("name=\"{name}\"");
            assert!(page.body.contains(&part) && page.body.contains(value), "{path} {name}");
        }
    }
}

#[tokio::test]
async fn a_purchase_whose_outcome_is_unknown_is_sent_again_and_bought_once() {
    let gateway = with_machine().await;
    gateway.answers(Method::POST, "/merch/purchases", 503, json!({ "error": "down" }));
    let mut browser = signed_in(&gateway, &[]);
    let look = browser.get("/intranet/merch/buy?item-3=2").await;
    let first = key(&look);
    let fields = [("items", "3,3"), ("key", first.as_str())];
    let page = browser.submit_and_follow("/intranet/merch/buy", &fields).await;
    assert!(page.is_wrong_form() && page.body.contains(UNKNOWN));
    assert_eq!(key(&page), first);
    assert!(page.body.contains("250 credits ($2.50)"), "what is bought");

    gateway.answers(Method::POST, "/merch/purchases", 201, bought(7, "pending", &[]));
    let done = browser.submit("/intranet/merch/buy", &fields).await;
    assert_eq!(done.location(), "/intranet/merch/purchases/7");
    gateway.answers(Method::GET, "/merch/purchases/7", 200, bought(7, "pending", &[]));
    let page = browser.get(done.location()).await;
    assert!(page.body.contains("data-pending") && page.body.contains("/static/pending."));
    gateway.answers(Method::GET, "/merch/purchases/7", 200, bought(7, "done", &[]));
    assert!(!browser.get(done.location()).await.body.contains("data-pending"));

    // A refusal is an answer: another try is another purchase.
    gateway.answers(Method::POST, "/merch/purchases", 409, json!({ "error": "Out of order" }));
    let page = browser.submit_and_follow("/intranet/merch/buy", &fields).await;
    assert!(page.body.contains("Out of order") && key(&page) != first);
}

#[tokio::test]
async fn what_was_typed_is_kept_while_a_part_of_the_website_does_not_answer() {
    let gateway = FakeGateway::start().await;
    gateway.answers(Method::GET, "/quotes", 200, data(Vec::<grove_quotes_api::Quote>::new()));
    gateway.answers(Method::POST, "/quotes", 503, json!({ "error": "down" }));
    let mut browser = signed_in(&gateway, &[]);
    browser.get("/intranet/quotes").await;
    let fields = [("text", "It works."), ("source", "Grace")];
    let page = browser.submit_and_follow("/intranet/quotes/new", &fields).await;
    assert!(page.is_wrong_form() && page.body.contains("we do not know whether it was done"));
    assert!(page.body.contains("It works.") && page.body.contains("value=\"Grace\""));
}

#[tokio::test]
async fn a_payment_that_is_pending_looks_by_itself() {
    let gateway = with_history(&[], None).await;
    let mut browser = signed_in(&gateway, &[]);
    for (state, pending) in [("pending", true), ("succeeded", false)] {
        let payment = payment(4, state, "https://pay.example/");
        gateway.answers(Method::GET, "/credits/top-ups/4", 200, payment);
        let page = browser.get("/credits?payment=4").await;
        assert_eq!(page.body.contains("data-pending"), pending, "{state}");
    }
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once_and_at_its_field() {
    let gateway = FakeGateway::start().await;
    let mut browser = Browser::new(&gateway);
    browser.get("/join").await;
    let fields = [("first_name", " "), ("last_name", "Smith"), ("netid", "no one"), ("uin", "12")];
    let sent = browser.submit("/join", &fields).await;
    assert_eq!((sent.status.as_u16(), sent.location()), (303, "/join?again"));
    let page = browser.get(sent.location()).await;
    assert!(page.is_wrong_form());
    for part in [
        "<title>Error: Join",
        "tabindex=\"-1\" autofocus",
        "3 things are not right yet",
        "<a href=\"#first_name\">Enter your first name.</a>",
        "<a href=\"#netid\">",
        "A UIN is nine digits.",
        "id=\"first_name-error\"",
        "aria-describedby=\"netid-hint netid-error\" aria-invalid=\"true\"",
        "value=\"no one\"",
        "value=\"Smith\"",
    ] {
        assert!(page.body.contains(part), "{part} {}", page.body);
    }
    assert_eq!(
        page.body.matches("aria-invalid=\"true\"").count(),
        3,
        "the right ones are left alone"
    );
    assert_eq!(gateway.writes().len(), 0);
    let anew = browser.get("/join").await;
    assert!(!anew.is_wrong_form() && !anew.body.contains("no one"), "only where it is asked for");
}

#[tokio::test]
async fn what_a_service_says_of_a_field_is_told_at_that_field() {
    let gateway = FakeGateway::start().await;
    let mut browser = signed_in(&gateway, &["admin"]);
    browser.get("/intranet/groups/new").await;
    let wrong = json!({ "error": "Two things are wrong", "fields": [
        { "field": "meetingTime", "message": "25:99 is no time" },
        { "field": "name", "message": "This name is taken" },
    ] });
    gateway.answers(Method::POST, "/groups/sigs", 400, wrong);
    let fields = [("kind", "sigs"), ("name", "SIG C++"), ("meeting_time", "25:99")];
    let page = browser.submit_and_follow("/intranet/groups/new", &fields).await;
    for part in [
        "<a href=\"#meeting_time\">25:99 is no time</a>",
        "id=\"meeting_time-error\"",
        "<a href=\"#name\">This name is taken</a>",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
    let wrong = json!({ "error": "This name is odd", "field": "name" });
    gateway.answers(Method::POST, "/groups/sigs", 400, wrong);
    let page = browser.submit_and_follow("/intranet/groups/new", &fields).await;
    assert!(page.body.contains("<a href=\"#name\">This name is odd</a>"));
}

#[tokio::test]
async fn a_message_waits_for_a_page_that_shows_it() {
    let gateway = with_history(&[], None).await;
    gateway.answers(Method::PUT, "/users/me", 409, json!({ "error": "Not now" }));
    gateway.answers(Method::GET, "/credits/users/jsmith2", 200, balance("jsmith2", 5));
    let mut browser = signed_in(&gateway, &[]);
    browser.get("/account").await;
    browser.submit("/account/profile", &[("published", "true")]).await;
    // Neither pages that lead on nor failures use it up.
    for path in ["/login", "/credits/admin", "/static/nothing.css"] {
        browser.get(path).await;
    }
    assert!(browser.get("/account").await.body.contains("Not now"));
}

#[tokio::test]
async fn people_type_their_login_name_in_several_ways() {
    let gateway = FakeGateway::start().await;
    gateway.answers(Method::POST, "/users/login", 400, json!({ "error": "Invalid" }));
    gateway.answers(Method::POST, "/password/reset", 200, message("OK"));
    let mut browser = Browser::new(&gateway);
    browser.get("/login").await;
    for typed in [" JSmith2 ", "jsmith2@example.edu", "JSMITH2@EXAMPLE.EDU"] {
        browser.submit("/login", &[("netid", typed), ("password", "p")]).await;
        browser.submit("/account/forgot", &[("netid", typed)]).await;
        for path in ["/users/login", "/password/reset"] {
            let calls = gateway.calls(&Method::POST, path);
            assert_eq!(calls.last().unwrap().body["netid"], "jsmith2", "{typed} {path}");
        }
    }
    let sent = gateway.writes().len();
    let page = browser.submit_and_follow("/account/forgot", &[("netid", " ")]).await;
    assert!(page.is_wrong_form() && page.body.contains("Enter your NetID"));
    let page = browser.submit_and_follow("/login", &[("netid", ""), ("password", "")]).await;
    assert!(page.body.contains("2 things are not right yet"));
    assert_eq!(gateway.writes().len(), sent, "nobody is asked");
}

#[tokio::test]
async fn days_that_are_none_are_told_beside_the_form() {
    let gateway = with_history(&[], None).await;
    let mut browser = signed_in(&gateway, &[]);
    for (query, expected) in [
        ("from=abc", "This must be a day"),
        ("from=2026-11-30&to=2026-11-01", "The last day, 2026-11-01, is before the first"),
    ] {
        let page = browser.get(&format!("/credits?{query}")).await;
        assert!(page.is_wrong_form() && page.body.contains(expected), "{query}");
        let file = browser.get(&format!("/credits/export?{query}")).await;
        assert_eq!(
            file.location(),
            format!("/credits?{query}").as_str().replace("from=abc", "from=abc&to=")
        );
    }
}

#[tokio::test]
async fn who_joins_again_and_again_from_one_address_has_to_wait() {
    let gateway = FakeGateway::start().await;
    gateway.answers(Method::POST, "/users", 200, message("OK"));
    let mut browser = Browser::new(&gateway);
    browser.get("/join").await;
    let fields =
        [("first_name", "Jo"), ("last_name", "S"), ("netid", "jsmith2"), ("uin", "123456789")];
    for _ in 0..30 {
        assert_eq!(browser.submit("/join", &fields).await.location(), "/join/next");
    }
    let refused = browser.submit("/join", &fields).await;
    assert_eq!(refused.status, 429);
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(gateway.writes().len(), 30);
}

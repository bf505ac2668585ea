//! Quotes, for members and for officers.

use grove_quotes_api::Quote;
use grove_shared::envelope::Message;
use http::Method;
use serde_json::json;

use crate::{
    browser::{Browser, site},
    gateway::{FakeGateway, data, message, named},
    members::{HOSTILE, signed_in},
};

fn quote(id: u64, source: &str, approved: bool) -> Quote {
    Quote {
        id,
        text: format!("Words {id}."),
        author: "adhawa2".to_owned(),
        source: source.to_owned(),
        votes: 3,
        approved,
        takedown_requested: false,
        upvoted: false,
        created_at: "11/22/26 09:33:41 AM".to_owned(),
        created: named("2026-11-22T09:33:41Z"),
    }
}

async fn with_quotes(quotes: &[Quote]) -> FakeGateway {
    let gateway = FakeGateway::start().await;
    gateway.answers(Method::GET, "/quotes", 200, data(quotes));
    gateway
}

fn ok() -> Message {
    message("Done!")
}

#[tokio::test]
async fn a_member_sees_quotes_and_only_their_own_tools() {
    let voted = Quote { upvoted: true, votes: 1, ..quote(2, "jsmith2", true) };
    let gateway = with_quotes(&[quote(1, "Grace", false), voted, quote(3, "Grace", true)]).await;
    let page = signed_in(&gateway, &[]).get("/intranet/quotes").await;
    for part in [
        "waiting for approval",
        "Words 3.",
        "Nov 22, 2026",
        "posted by adhawa2",
        "3 votes",
        "1 vote<",
        "aria-pressed=\"true\"",
        "action=\"/intranet/quotes/2/unvote\"",
        "action=\"/intranet/quotes/3/vote\" data-live=\"quote-3\"",
        "action=\"/intranet/quotes/2/takedown\"",
        "data-filter=\"quotes\"",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
    for part in ["/approve", "/delete", "quotes/1/vote", "quotes/3/takedown"] {
        assert!(!page.body.contains(part), "{part}");
    }
}

#[tokio::test]
async fn a_quote_is_of_the_day_that_it_was_in_the_chapter() {
    let late = Quote { created: named("2026-11-22T05:59:59Z"), ..quote(3, "Grace", true) };
    let gateway = with_quotes(&[late]).await;
    for (zone, day) in [("UTC", "Nov 22, 2026"), ("America/Chicago", "Nov 21, 2026")] {
        let mut browser = Browser::at(site(&gateway.url, &["--chapter-time-zone", zone]));
        browser.sign_in(&gateway, "jsmith2", &[]);
        let page = browser.get("/intranet/quotes").await;
        let time = format!("<time datetime=\"2026-11-22T05:59:59Z\">{day}</time>");
        assert!(page.body.contains(&time), "{time}");
    }
}

#[tokio::test]
async fn an_officer_sees_what_waits_first_and_decides() {
    let taken_down = Quote { takedown_requested: true, ..quote(4, "Grace", false) };
    let gateway = with_quotes(&[quote(1, "Grace", false), taken_down, quote(3, "G", true)]).await;
    let mut officer = signed_in(&gateway, &["corporate"]);
    let page = officer.get("/intranet/quotes").await;
    assert!(page.body.find("Words 1.").unwrap() < page.body.find("Words 3.").unwrap());
    assert!(page.body.contains("asks to remove it"));
    assert!(page.body.contains("Approve<span class=\"visually-hidden\"> the quote of Grace"));
    assert!(page.body.contains("/intranet/quotes/3/delete"));
    assert!(!page.body.contains("/intranet/quotes/3/approve"), "it is approved");

    gateway.answers(Method::PUT, "/quotes/1/approve", 200, data(Vec::<Quote>::new()));
    let done = officer.submit("/intranet/quotes/1/approve", &[]).await;
    assert_eq!((done.status.as_u16(), done.location()), (303, "/intranet/quotes"));
    assert!(officer.get("/intranet/quotes").await.body.contains("The quote is approved"));
    assert_eq!(gateway.calls(&Method::PUT, "/quotes/1/approve").len(), 1);

    gateway.answers(Method::DELETE, "/quotes/3", 200, data(Vec::<Quote>::new()));
    officer.submit("/intranet/quotes/3/delete", &[]).await;
    assert!(officer.get("/intranet/quotes").await.body.contains("The quote is deleted."));

    let refusal = json!({ "error": "Quote already approved" });
    gateway.answers(Method::PUT, "/quotes/1/approve", 400, refusal);
    officer.submit("/intranet/quotes/1/approve", &[]).await;
    assert!(officer.get("/intranet/quotes").await.body.contains("Quote already approved"));
}

#[tokio::test]
async fn a_member_votes_and_takes_the_vote_back() {
    let gateway = with_quotes(&[quote(3, "Grace", true)]).await;
    gateway.answers(Method::POST, "/quotes/3/vote", 200, ok());
    gateway.answers(Method::DELETE, "/quotes/3/vote", 200, ok());
    let mut browser = signed_in(&gateway, &[]);
    browser.get("/intranet/quotes").await;
    for action in ["vote", "unvote"] {
        let done = browser.submit(&format!("/intranet/quotes/3/{action}"), &[]).await;
        assert_eq!((done.status.as_u16(), done.location()), (303, "/intranet/quotes#quote-3"));
    }
    assert_eq!(gateway.calls(&Method::POST, "/quotes/3/vote").len(), 1);
    assert_eq!(gateway.calls(&Method::DELETE, "/quotes/3/vote").len(), 1);

    let refusals = [(409, "Vote already cast"), (404, "Quote not found")];
    for (status, error) in refusals {
        gateway.answers(Method::POST, "/quotes/3/vote", status, json!({ "error": error }));
        assert_eq!(browser.submit("/intranet/quotes/3/vote", &[]).await.status, 303);
        let page = browser.get("/intranet/quotes").await;
        assert!(page.body.contains(error) && page.body.contains("notice-bad"));
    }
    assert_eq!(browser.submit("/intranet/quotes/x/vote", &[]).await.status, 404);
}

#[tokio::test]
async fn the_quoted_person_takes_a_quote_down() {
    let gateway = with_quotes(&[quote(2, "jsmith2", true)]).await;
    gateway.answers(Method::POST, "/quotes/2/takedown", 200, ok());
    let mut browser = signed_in(&gateway, &[]);
    browser.get("/intranet/quotes").await;
    browser.submit("/intranet/quotes/2/takedown", &[]).await;
    assert!(browser.get("/intranet/quotes").await.body.contains("Done!"));

    let refusal = json!({ "error": "Only the quoted person may ask for this" });
    gateway.answers(Method::POST, "/quotes/2/takedown", 403, refusal);
    let page = browser.submit("/intranet/quotes/2/takedown", &[]).await;
    assert_eq!(page.status, 403);
    assert!(page.body.contains("Only the quoted person may ask for this"));
}

#[tokio::test]
async fn a_quote_is_posted_in_ones_own_name_and_kept_when_refused() {
    let gateway = with_quotes(&[]).await;
    gateway.answers(Method::POST, "/quotes", 200, ok());
    let mut browser = signed_in(&gateway, &[]);
    let page = browser.get("/intranet/quotes").await;
    assert!(
        page.body.contains("There are no quotes yet") && !page.body.contains("id=\"add\" open")
    );
    assert!(browser.get("/intranet/quotes/new").await.body.contains("id=\"add\" open"));

    let fields = [("text", "It works."), ("source", "Grace"), ("author", "mallory2")];
    let done = browser.submit("/intranet/quotes/new", &fields).await;
    assert_eq!((done.status.as_u16(), done.location()), (303, "/intranet/quotes"));
    let call = &gateway.calls(&Method::POST, "/quotes")[0];
    let expected = json!({ "author": "jsmith2", "text": "It works.", "source": "Grace" });
    assert_eq!(call.body, expected);
    assert!(browser.get("/intranet/quotes").await.body.contains("Thank you."));

    gateway.answers(Method::POST, "/quotes", 400, json!({ "error": "Quote already exists" }));
    let fields = [("text", HOSTILE), ("source", "\"Grace\"")];
    let page = browser.submit_and_follow("/intranet/quotes/new", &fields).await;
    assert!(page.is_wrong_form());
    assert!(page.body.contains("Quote already exists") && page.body.contains("id=\"add\" open"));
    assert!(page.body.contains("alert(1)") && page.body.contains("&#34;Grace&#34;"));
    assert!(!page.body.contains("<script>") && !page.body.contains("<img src=x"));
}

#[tokio::test]
async fn hostile_quotes_are_shown_and_do_nothing() {
    let (text, author) = (HOSTILE.to_owned(), HOSTILE.to_owned());
    let hostile = Quote { text, author, ..quote(1, HOSTILE, true) };
    let gateway = with_quotes(&[hostile]).await;
    for committees in [&[][..], &["admin"]] {
        let page = signed_in(&gateway, committees).get("/intranet/quotes").await;
        assert!(page.body.contains("alert(1)"));
        assert!(!page.body.contains("<script>") && !page.body.contains("<img src=x"));
    }
}

//! What did not go through, for the people whom it concerns and for officers.

use grove_gigs_api::{Claim, Gig};
use http::Method;
use serde_json::{Value, json};

use crate::{
    browser::Reply,
    gateway::{FakeGateway, data, named, profile},
    members::{HOSTILE, signed_in},
    members_payments::options,
};

const PAYMENT: &str = "The payment of 20 credits for the gig \"Poster\"";
/// The same on a page.
const SHOWN: &str = "The payment of 20 credits for the gig &#34;Poster&#34;";

fn failed(what: &str) -> Value {
    json!([{ "what": what, "created_at": "2026-11-20T10:00:00Z" }])
}

/// What officers see of a service.
fn outbox(dead: i64, what: Option<&str>, concerns: Option<&str>) -> Value {
    json!({ "pending": 0, "dead": dead, "effects": [{
        "id": 4,
        "what": what,
        "concerns": concerns,
        "peer": "credits",
        "path": "/internal/transfers",
        "body": {},
        "attempts": 1,
        "last_error": "credits answered 422 Unprocessable Entity: no account",
        "created_at": "2026-11-20T10:00:00Z",
        "next_attempt_at": "2026-11-20T10:00:30Z",
        "dead_at": "2026-11-20T10:00:01Z",
    }] })
}

/// A page speaks to people.
fn has_no_word_of_ours(page: &Reply) -> bool {
    let words = ["effect", "given up", "outbox", "replay"];
    // Addresses are for machines.
    let text = page.body.replace("/intranet/outbox", "").replace("/replay", "").to_lowercase();
    words.iter().all(|word| !text.contains(word))
}

#[tokio::test]
async fn people_see_on_their_overview_what_of_theirs_did_not_go_through() {
    let gateway = FakeGateway::start().await;
    let mut browser = signed_in(&gateway, &[]);
    let page = browser.get("/intranet").await;
    assert!(
        !page.body.contains("id=\"not-through\"") && !page.body.contains("not known right now")
    );

    gateway.answers(Method::GET, "/outbox/gigs/mine", 200, failed(PAYMENT));
    gateway.answers(Method::GET, "/outbox/users/mine", 200, failed(HOSTILE));
    let page = browser.get("/intranet").await;
    for part in ["id=\"not-through\"", SHOWN, "Nov 20, 2026", "The officers know", "mailto:"] {
        assert!(page.body.contains(part), "{part} {}", page.body);
    }
    assert!(has_no_word_of_ours(&page) && !page.body.contains("<script>alert"));
    assert!(gateway.calls(&Method::GET, "/outbox/gigs").is_empty(), "that is for officers");
}

#[tokio::test]
async fn a_service_that_is_silent_about_it_breaks_nothing_and_is_said_to_be() {
    let gateway = FakeGateway::start().await;
    gateway.answers(Method::GET, "/outbox/gigs/mine", 200, failed(PAYMENT));
    gateway.answers(Method::GET, "/outbox/users/mine", 503, json!({ "error": "away" }));
    let page = signed_in(&gateway, &[]).get("/intranet").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains(SHOWN) && page.body.contains("not known right now"));
}

#[tokio::test]
async fn officers_see_on_their_overview_what_did_not_go_through_and_what_to_do() {
    let gateway = FakeGateway::start().await;
    gateway.answers(Method::GET, "/outbox/gigs", 200, outbox(3, Some(PAYMENT), Some("mdoe3")));
    gateway.answers(Method::GET, "/outbox/users", 200, outbox(1, None, None));
    gateway.answers(Method::GET, "/outbox/auth", 503, json!({ "error": "away" }));
    gateway.answers(Method::GET, "/outbox/credits", 403, json!({ "error": "for admins" }));
    let page = signed_in(&gateway, &["top4"]).get("/intranet").await;
    assert_eq!(page.status, 200);
    for part in [
        SHOWN,
        "mdoe3",
        "and 2 more",
        "Something for credits",
        "href=\"/intranet/outbox\"",
        "auth does not answer",
    ] {
        assert!(page.body.contains(part), "{part} {}", page.body);
    }
    assert!(!page.body.contains("credits does not answer"), "it is for others");
    assert!(has_no_word_of_ours(&page));
}

#[tokio::test]
async fn the_gig_says_that_its_payment_did_not_go_through() {
    let gateway = FakeGateway::start().await;
    let gig = Gig {
        id: 5,
        issuer: "adhawa2".to_owned(),
        title: "Poster".to_owned(),
        details: String::new(),
        credits: 20,
        active: false,
        admin_task: false,
        state: named("paying"),
        payment_failed: true,
        created_at: named("2026-11-22T09:33:41Z"),
    };
    let claim = Claim {
        id: 8,
        gig_id: 5,
        claimant: "jsmith2".to_owned(),
        issuer: "adhawa2".to_owned(),
        fulfilled: true,
        state: named("accepted"),
        created_at: named("2026-11-22T10:00:00Z"),
    };
    gateway.answers(Method::GET, "/gigs/5", 200, gig.clone());
    gateway.answers(Method::GET, "/gigs/claims", 200, [&claim]);
    let mut browser = signed_in(&gateway, &[]);
    let page = browser.get("/intranet/gigs/5").await;
    for part in ["Your payment of 20 credits ($0.20) did not go through", "mailto:"] {
        assert!(page.body.contains(part), "{part} {}", page.body);
    }
    assert!(!page.body.contains("on its way") && has_no_word_of_ours(&page));

    let other = Claim { claimant: "mdoe3".to_owned(), ..claim };
    gateway.answers(Method::GET, "/gigs/claims", 200, [&other]);
    let page = browser.get("/intranet/gigs/5").await;
    assert!(page.body.contains("Accepted, the payment did not go through"));
    assert!(!page.body.contains("Your payment"));
    let page = signed_in(&gateway, &["admin"]).get("/intranet/gigs/5").await;
    assert!(page.body.contains("href=\"/intranet/outbox/gigs\""), "an officer can do something");
}

#[tokio::test]
async fn nobody_pays_the_dues_twice_because_the_membership_did_not_go_through() {
    let gateway = FakeGateway::start().await;
    gateway.answers(Method::GET, "/credits/payment-options", 200, options(true));
    let unpaid = data(profile("jsmith2", "awaiting_payment", &[]));
    gateway.answers(Method::GET, "/users/me", 200, unpaid);
    let mut browser = signed_in(&gateway, &[]);
    let page = browser.get("/credits/purchaseMembership").await;
    assert!(page.body.contains("name=\"key\""));

    let paid = "The membership that was paid by card, payment 9";
    gateway.answers(Method::GET, "/outbox/credits/mine", 200, failed(paid));
    let page = browser.get("/credits/purchaseMembership").await;
    assert!(page.body.contains(paid) && page.body.contains("The officers know"));
    assert!(!page.body.contains("name=\"key\""), "there is nothing to pay");

    gateway.answers(Method::GET, "/outbox/credits/mine", 503, json!({ "error": "away" }));
    let page = browser.get("/credits/purchaseMembership").await;
    assert!(page.status == 200 && page.body.contains("name=\"key\""));
    assert!(page.body.contains("not known right now"));
}

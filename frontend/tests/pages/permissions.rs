//! Who may see and do what, by committee and by membership; and what people are told who may not yet.

use http::Method;
use serde_json::json;

use crate::{
    browser::Browser,
    gateway::{FakeGateway, data, profile},
    members::signed_in,
    members_payments::options,
};

/// Pages by who may see them: the committees that may.
const BY_COMMITTEE: &[(&str, &[&str])] = &[
    ("/credits/admin", &["admin"]),
    ("/credits/admin/adhawa2", &["admin"]),
    ("/credits/audit", &["admin"]),
    ("/intranet/users", &["admin", "top4"]),
    ("/intranet/users/removed", &["admin", "top4"]),
    ("/intranet/groups/new", &["admin", "top4"]),
    ("/intranet/directory", &["admin", "top4"]),
    ("/intranet/merch/stock", &["admin", "top4"]),
    ("/intranet/merch/sales", &["admin", "top4"]),
    ("/intranet/merch/unresolved", &["admin", "top4"]),
    ("/intranet/merch/items/A1/new", &["admin", "top4"]),
    ("/intranet/notifications", &["admin", "top4", "corporate"]),
    ("/intranet/outbox", &["admin", "top4", "corporate"]),
    ("/status", &["admin", "top4", "corporate"]),
];

/// Forms in the same way.
const FORMS_BY_COMMITTEE: &[(&str, &[&str])] = &[
    ("/credits/admin/adhawa2", &["admin"]),
    ("/credits/admin/transactions/1/reverse", &["admin"]),
    ("/intranet/users/adhawa2/paid", &["admin", "top4"]),
    ("/intranet/users/adhawa2/delete", &["admin", "top4"]),
    ("/intranet/changes/quotes/1/undo", &["admin", "top4"]),
    ("/intranet/groups/new", &["admin", "top4"]),
    ("/intranet/groups/sigs/x/end", &["admin", "top4"]),
    ("/intranet/directory/repair", &["admin", "top4"]),
    ("/intranet/merch/items/A1", &["admin", "top4"]),
    ("/intranet/merch/stock/1/delete", &["admin", "top4"]),
    ("/intranet/quotes/1/approve", &["admin", "top4", "corporate"]),
];

#[tokio::test]
async fn each_committee_does_what_is_its_own() {
    for committee in ["admin", "top4", "corporate"] {
        let gateway = FakeGateway::start().await;
        let mut officer = signed_in(&gateway, &[committee]);
        let overview = officer.get("/intranet").await;
        for (path, may) in BY_COMMITTEE {
            let page = officer.get(path).await;
            assert_eq!(page.status == 403, !may.contains(&committee), "{committee} {path}");
            let link = format!("href=\"{path}\"");
            if overview.body.contains(&link) {
                assert!(may.contains(&committee), "{committee} is offered {path}");
            }
        }
        for (path, may) in FORMS_BY_COMMITTEE {
            let done = officer.submit(path, &[("key", "k")]).await;
            assert_eq!(done.status == 403, !may.contains(&committee), "{committee} {path}");
        }
    }
}

#[tokio::test]
async fn who_a_visitor_is_costs_one_call() {
    let gateway = FakeGateway::start().await;
    let mut officer = signed_in(&gateway, &["top4"]);
    assert!(officer.get("/about").await.body.contains("href=\"/intranet\""));
    assert_eq!(gateway.calls(&Method::GET, "/users/me").len(), 1);
    for role in ["admin", "top4", "corporate"] {
        let path = format!("/groups/committees/{role}");
        assert_eq!(gateway.calls(&Method::GET, &path).len(), 0, "{role}");
    }
}

const FOR_MEMBERS: &[&str] = &[
    "/intranet/quotes",
    "/intranet/quotes/new",
    "/intranet/groups",
    "/intranet/groups/sigs/x",
    "/intranet/gigs",
    "/intranet/gigs/new",
    "/intranet/merch/buy?item-3=1",
    "/credits/transfer",
    "/credits/addFunds",
];

async fn someone(state: &str) -> (FakeGateway, Browser) {
    let gateway = FakeGateway::start().await;
    gateway.answers(Method::GET, "/users/me", 200, data(profile("jsmith2", state, &[])));
    gateway.answers(Method::GET, "/credits/payment-options", 200, options(true));
    let browser = signed_in(&gateway, &[]);
    (gateway, browser)
}

#[tokio::test]
async fn people_who_are_no_members_learn_what_comes_first() {
    for (state, sentence) in [
        ("unverified", "pay the dues first"),
        ("awaiting_payment", "pay the dues first"),
        ("expired", "your membership has ended, renew it first"),
    ] {
        let (gateway, mut browser) = someone(state).await;
        for path in FOR_MEMBERS {
            let page = browser.get(path).await;
            assert_eq!(page.status, 403, "{state} {path}");
            for part in [sentence, "For members", "href=\"/credits/purchaseMembership\""] {
                assert!(page.body.contains(part), "{state} {path} {part}");
            }
        }
        for path in ["/intranet/quotes/new", "/intranet/gigs", "/credits/transfer"] {
            let done = browser.submit(path, &[("key", "k"), ("text", "x")]).await;
            assert_eq!(done.status, 403, "{state} {path}");
        }
        assert_eq!(gateway.writes().len(), 0);
        // What is theirs stays.
        gateway.answers(Method::GET, "/sessions", 503, json!({ "error": "away" }));
        for path in ["/intranet", "/account", "/credits/purchaseMembership"] {
            assert_eq!(browser.get(path).await.status, 200, "{state} {path}");
        }
        for path in ["/credits", "/intranet/gigs/5"] {
            let page = browser.get(path).await;
            assert_eq!(page.status == 403, state != "expired", "{state} {path}");
        }
        let overview = browser.get("/intranet").await;
        for path in FOR_MEMBERS {
            assert!(!overview.body.contains(&format!("href=\"{path}\"")), "{state} {path}");
        }
    }
}

#[tokio::test]
async fn card_payment_is_offered_only_where_it_works() {
    for (card, state) in
        [(true, "awaiting_payment"), (false, "awaiting_payment"), (false, "expired")]
    {
        let (gateway, mut browser) = someone(state).await;
        gateway.answers(Method::GET, "/credits/payment-options", 200, options(card));
        for path in ["/join/next", "/intranet", "/account"] {
            let page = browser.get(path).await;
            assert_eq!(page.body.contains("by card"), card, "{path} {state}");
            assert!(page.body.contains("officer"), "{path}");
        }
    }
}

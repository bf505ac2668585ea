//! Who did what: for officers all of it, for everyone else what is about themselves.

use grove_shared::{
    audit::{Entry, Undo},
    page::Page,
};
use http::Method;
use serde_json::json;

use crate::{
    browser::Browser,
    gateway::{FakeGateway, message, named},
    members::{HOSTILE, signed_in},
};

pub(crate) const SERVICES: [&str; 9] =
    ["auth", "credits", "directory", "gigs", "groups", "merch", "notifications", "quotes", "users"];

fn change(id: u64, at: &str) -> Entry {
    Entry {
        id,
        at: named(at),
        actor: "admin2".to_owned(),
        action: "changed".to_owned(),
        kind: "item".to_owned(),
        object: id.to_string(),
        about: Some(named("jsmith2")),
        before: json!({ "price": 20 }),
        after: json!({ "price": HOSTILE }),
        request_id: Some("abc".to_owned()),
        undo: Some(Undo {
            method: "PUT".to_owned(),
            path: format!("/merch/items/{id}"),
            body: json!({ "price": 20 }),
        }),
        irreversible: None,
        is_overtaken: false,
    }
}

fn page(entries: &[Entry], next: Option<u64>) -> Page<Entry> {
    Page { items: entries.to_vec(), next }
}

async fn visitor(committees: &[&str]) -> (FakeGateway, Browser) {
    let gateway = FakeGateway::start().await;
    for service in SERVICES {
        gateway.answers(Method::GET, &format!("/audit/{service}"), 200, page(&[], None));
    }
    let browser = signed_in(&gateway, committees);
    (gateway, browser)
}

#[tokio::test]
async fn changes_of_all_services_stand_in_one_list_and_a_silent_one_is_named() {
    let (gateway, mut browser) = visitor(&["top4"]).await;
    let merch = [change(8, "2026-11-20T10:00:00Z"), change(7, "2026-11-18T10:00:00Z")];
    gateway.answers(Method::GET, "/audit/merch", 200, page(&merch, None));
    let approved = Entry {
        actor: "service:users".to_owned(),
        kind: "quote".to_owned(),
        undo: None,
        irreversible: Some("Delete the quote.".to_owned()),
        ..change(9, "2026-11-19T10:00:00Z")
    };
    gateway.answers(Method::GET, "/audit/quotes", 200, page(&[approved], None));
    gateway.answers(Method::GET, "/audit/gigs", 503, json!({ "error": "away" }));
    let page = browser.get("/intranet/changes").await;
    assert_eq!(page.status, 200);
    let at = |text: &str| page.body.find(text).unwrap_or_else(|| panic!("{text}: {}", page.body));
    assert!(at("changed item 8") < at("changed quote 9"));
    assert!(at("changed quote 9") < at("changed item 7"));
    for part in [
        "gigs: no answer right now",
        "users, by itself",
        "Delete the quote.",
        "action=\"/intranet/changes/merch/8/undo\"",
        "price: 20 → ",
    ] {
        at(part);
    }
    assert!(!page.body.contains("<script>alert") && !page.body.contains("quotes/9/undo"));
}

#[tokio::test]
async fn the_list_is_filtered_and_read_on() {
    let (gateway, mut browser) = visitor(&["admin"]).await;
    let many: Vec<_> =
        (0..50).rev().map(|n| change(n, &format!("2026-11-20T10:00:{n:02}Z"))).collect();
    gateway.answers(Method::GET, "/audit/merch", 200, page(&many, Some(1)));
    let filter = "actor=admin2&about=jsmith2&service=merch&thing=item+8&from=2026-11-01&to=";
    let shown = browser.get(&format!("/intranet/changes?{filter}")).await;
    let asked = gateway.queries(&Method::GET, "/audit/merch").remove(0);
    for part in ["actor=admin2", "about=jsmith2", "kind=item", "object=8", "from=2026-11-01"] {
        assert!(asked.contains(part), "{part} {asked}");
    }
    assert!(gateway.queries(&Method::GET, "/audit/quotes").is_empty());
    assert!(shown.body.contains("before=2026-11-20T10%3A00%3A00.000000Z"), "{}", shown.body);

    let wrong = browser.get("/intranet/changes?about=not+a+netid").await;
    assert!(wrong.body.contains("Enter a NetID"));
}

#[tokio::test]
async fn a_change_is_taken_back_by_its_own_request_once() {
    let (gateway, mut browser) = visitor(&["admin"]).await;
    gateway.answers(Method::GET, "/audit/merch/8", 200, change(8, "2026-11-20T10:00:00Z"));
    gateway.answers(Method::PUT, "/merch/items/8", 200, message("Changed"));
    browser.get("/intranet/changes").await;
    let done = browser.submit("/intranet/changes/merch/8/undo", &[]).await;
    assert_eq!(done.location(), "/intranet/changes");
    let calls = gateway.calls(&Method::PUT, "/merch/items/8");
    assert_eq!((calls.len(), &calls[0].body), (1, &json!({ "price": 20 })));
    assert!(browser.get("/intranet/changes").await.body.contains("Taken back: changed item 8."));

    gateway.answers(Method::PUT, "/merch/items/8", 409, json!({ "error": "The item is gone" }));
    browser.submit("/intranet/changes/merch/8/undo", &[]).await;
    assert!(browser.get("/intranet/changes").await.body.contains("The item is gone"));

    let overtaken = Entry { is_overtaken: true, ..change(8, "2026-11-20T10:00:00Z") };
    gateway.answers(Method::GET, "/audit/merch/8", 200, overtaken);
    browser.submit("/intranet/changes/merch/8/undo", &[]).await;
    assert!(browser.get("/intranet/changes").await.body.contains("changed again since"));
    assert_eq!(gateway.calls(&Method::PUT, "/merch/items/8").len(), 2);
}

#[tokio::test]
async fn a_member_sees_what_is_about_them_without_tools() {
    let (gateway, mut browser) = visitor(&[]).await;
    let own = Entry { undo: None, ..change(8, "2026-11-20T10:00:00Z") };
    gateway.answers(Method::GET, "/audit/merch", 200, page(&[own], None));
    let page = browser.get("/intranet/changes").await;
    assert!(page.body.contains("changed item 8") && !page.body.contains("name=\"actor\""));
    let refused = browser.submit("/intranet/changes/merch/8/undo", &[]).await;
    assert_eq!(refused.status, 403);
    assert!(gateway.writes().is_empty());
}

//! The vending machine, for officers.

use grove_merch_api::{Finding, PurchaseItem, Purchases, Resolution, SalesDay};
use http::Method;
use serde_json::json;

use crate::{
    gateway::{message, named},
    members::signed_in,
    members_merch::{bought, thing, with_machine},
};

#[tokio::test]
async fn officers_assign_change_and_empty_slots() {
    let gateway = with_machine().await;
    let done = message("Assigned A2 to Coke");
    gateway.answers(Method::POST, "/merch/items", 200, done.clone());
    gateway.answers(Method::PUT, "/merch/items/3", 200, done.clone());
    gateway.answers(Method::PUT, "/merch/locations/A1", 200, done);
    let mut officer = signed_in(&gateway, &["top4"]);
    let page = officer.get("/intranet/merch/items/A2/new").await;
    assert!(page.body.contains("action=\"/intranet/merch/items/A2\""));
    let full = officer.get("/intranet/merch/items/A1/new").await;
    assert_eq!(full.location(), "/intranet/merch/items/3/A1/edit");
    let fields = [
        ("name", "Coke"),
        ("price", "125"),
        ("quantity", "4"),
        ("image_url", "https://img.example/c.png"),
    ];
    let body = |location| {
        json!({
            "location": location, "name": "Coke", "price": 125, "quantity": 4,
            "image_url": "https://img.example/c.png",
        })
    };
    let done = officer.submit("/intranet/merch/items/A2", &fields).await;
    assert_eq!((done.status.as_u16(), done.location()), (303, "/intranet/merch/items"));
    assert_eq!(gateway.calls(&Method::POST, "/merch/items")[0].body, body("A2"));
    assert!(officer.get(done.location()).await.body.contains("Assigned A2 to Coke"), "it is told");

    let page = officer.get("/intranet/merch/items/3/A1/edit").await;
    for part in ["value=\"Coke\"", "value=\"125\"", "value=\"4\"", "/intranet/merch/items/A1/clear"]
    {
        assert!(page.body.contains(part), "{part}");
    }
    assert_eq!(officer.get("/intranet/merch/items/9/A1/edit").await.status, 404);
    officer.submit("/intranet/merch/items/3/A1", &fields).await;
    assert_eq!(gateway.calls(&Method::PUT, "/merch/items/3")[0].body, body("A1"));
    officer.submit("/intranet/merch/items/A1/clear", &[]).await;
    assert_eq!(gateway.calls(&Method::PUT, "/merch/locations/A1").len(), 1);

    for (method, path, form) in
        [(Method::POST, "/merch/items", "A2"), (Method::PUT, "/merch/items/3", "3/A1")]
    {
        gateway.answers(method, path, 409, json!({ "error": "A1 holds Tea; clear it first" }));
        let path = format!("/intranet/merch/items/{form}");
        let page = officer.submit_and_follow(&path, &fields).await;
        assert!(page.is_wrong_form());
        assert!(page.body.contains("clear it first") && page.body.contains("value=\"Coke\""));
        assert!(page.body.contains(&format!("action=\"/intranet/merch/items/{form}\"")));
    }
}

#[tokio::test]
async fn officers_see_and_delete_items() {
    let gateway = with_machine().await;
    let done = message("Item destroyed successfully!");
    gateway.answers(Method::DELETE, "/merch/items/3", 200, done);
    let mut officer = signed_in(&gateway, &["admin"]);
    let page = officer.get("/intranet/merch/stock").await;
    assert!(page.body.contains("50 credits ($0.50)") && page.body.contains("/items/3/A1/edit"));
    let done = officer.submit("/intranet/merch/stock/3/delete", &[]).await;
    assert_eq!(done.location(), "/intranet/merch/stock");
    assert_eq!(gateway.calls(&Method::DELETE, "/merch/items/3").len(), 1);
}

#[tokio::test]
async fn the_chart_of_sales_has_the_same_numbers_as_a_table() {
    let gateway = with_machine().await;
    let day = |day, count, credits| SalesDay { day: named(day), count, credits };
    let days = [day("2026-11-21", 2, 350), day("2026-11-22", 0, 0), day("2026-11-23", 1, 1)];
    gateway.answers(Method::GET, "/merch/sales", 200, days);
    let mut officer = signed_in(&gateway, &["top4"]);
    let page = officer.get("/intranet/merch/sales?from=2026-11-21&to=").await;
    for part in [
        "role=\"img\" aria-labelledby=\"chart-title\"",
        "Nov 21, 2026: 350 credits ($3.50)",
        "y=\"60\" width=\"266\" height=\"140\"",
        "y=\"198\" width=\"266\" height=\"2\"",
        "<li>$5.00</li><li>$2.50</li><li>$0.00</li>",
        "351 credits ($3.51) for 3 things.",
        "<caption class=\"visually-hidden\">Sales by day</caption>",
        "<td data-label=\"Sales\" class=\"number\">350 credits ($3.50)</td>",
        "value=\"2026-11-23\"",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
    assert_eq!(page.body.matches("<rect").count(), 3);
    assert_eq!(page.body.matches("<tr><th scope=\"row\">").count(), 3);
    assert_eq!(gateway.calls(&Method::GET, "/merch/sales")[0].query, "from=2026-11-21");
    let page = officer.get("/intranet/merch/sales?from=2026-11-21&to=2025-01-01").await;
    assert!(page.is_wrong_form() && page.body.contains("is before the first"));
    assert_eq!(gateway.calls(&Method::GET, "/merch/sales").len(), 1, "nobody is asked");
    let refusal = json!({ "error": "from must not be a year before to" });
    gateway.answers(Method::GET, "/merch/sales", 400, refusal);
    let long = officer.get("/intranet/merch/sales?from=2020-11-21&to=2025-01-01").await;
    assert!(long.is_wrong_form() && long.body.contains("must not be a year before"));
    assert!(page.body.contains("value=\"2025-01-01\""));
}

#[tokio::test]
async fn officers_record_what_the_machine_did_not_say() {
    let gateway = with_machine().await;
    let resolution = Resolution {
        outcome: Finding::Vended,
        officer: "adhawa2".to_owned(),
        at: named("2026-11-22T10:00:00Z"),
    };
    let resolved = PurchaseItem { resolution: Some(resolution), ..thing(2, "unknown", false) };
    let things = [thing(1, "vended", true), resolved, thing(3, "unknown", false)];
    let purchases =
        vec![bought(7, "failed", &things), bought(6, "done", &[thing(1, "vended", true)])];
    let list = Purchases { purchases, next: Some(5) };
    gateway.answers(Method::GET, "/merch/purchases", 200, list);
    let resolve = "/merch/purchases/7/items/3/resolve";
    gateway.answers(Method::POST, resolve, 200, bought(7, "failed", &[]));
    let mut officer = signed_in(&gateway, &["admin"]);
    let page = officer.get("/intranet/merch/unresolved?after=9").await;
    assert!(page.body.contains("action=\"/intranet/merch/purchases/7/items/3/resolve\""));
    assert!(!page.body.contains("items/2/resolve") && !page.body.contains("purchases/6"));
    assert!(page.body.contains("/intranet/merch/unresolved?after=5"));
    assert_eq!(gateway.calls(&Method::GET, "/merch/purchases")[0].query, "after=9&limit=100");
    for outcome in ["vended", "failed"] {
        let path = format!("/intranet{resolve}");
        let done = officer.submit(&path, &[("outcome", outcome)]).await;
        assert_eq!(done.location(), "/intranet/merch/unresolved");
        let calls = gateway.calls(&Method::POST, resolve);
        assert_eq!(calls.last().unwrap().body, json!({ "outcome": outcome }));
    }
    let odd = officer.submit(&format!("/intranet{resolve}"), &[("outcome", "eaten")]).await;
    assert_eq!(odd.status, 400);
}

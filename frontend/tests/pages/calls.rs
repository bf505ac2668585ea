//! How long visitors wait: a page asks who they are, and then for all that it shows at the same time.

use chrono::DateTime;
use grove_credits_api::Audit;
use grove_gateway_api::Status;
use grove_groups_api::GroupRoles;
use grove_merch_api::Purchases;
use grove_notifications_api::{Channels, Deliveries, Preferences, SentNotification};
use grove_shared::Clock;
use grove_users_api::{Counts, IsMember};
use http::Method;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    gateway::{FakeGateway, data, named},
    members_changes::SERVICES as AUDITED,
    members_credits::with_history,
    members_gigs::{gig, page},
    members_merch::{bought, coke, customer, item, slot},
    members_operations::outbox,
    members_payments::options,
    public::group,
};

/// Pages, and what each asks for beside who its visitor is.
const PAGES: &[(&str, &[&str])] = &[
    ("/", &["/events/upcoming"]),
    ("/about", &["/groups/committees"]),
    ("/about/history", &[]),
    ("/sigs", &["/groups/sigs"]),
    ("/join/next", &["/credits/payment-options"]),
    (
        "/intranet",
        &[
            "/credits/users/jsmith2",
            "/merch/users/jsmith2",
            "/outbox/auth",
            "/outbox/auth/mine",
            "/outbox/credits",
            "/outbox/credits/mine",
            "/outbox/gigs",
            "/outbox/gigs/mine",
            "/outbox/merch",
            "/outbox/merch/mine",
            "/outbox/users",
            "/outbox/users/mine",
            "/quotes/counts",
            "/users/counts",
        ],
    ),
    ("/intranet/quotes", &["/quotes"]),
    ("/intranet/quotes/new", &["/quotes"]),
    ("/intranet/users", &["/users"]),
    ("/intranet/users/removed", &["/users/deletions"]),
    (
        "/intranet/changes",
        &[
            "/audit/auth",
            "/audit/credits",
            "/audit/directory",
            "/audit/gigs",
            "/audit/groups",
            "/audit/merch",
            "/audit/notifications",
            "/audit/quotes",
            "/audit/users",
        ],
    ),
    ("/intranet/groups", &["/groups/committees", "/groups/sigs"]),
    ("/intranet/groups/new", &[]),
    ("/intranet/groups/sigs/X", &["/groups/sigs/X", "/groups/sigs/X/roles"]),
    ("/intranet/gigs", &["/gigs"]),
    ("/intranet/gigs/new", &["/credits/users/jsmith2"]),
    ("/intranet/gigs/5", &["/gigs/5", "/gigs/claims"]),
    ("/intranet/merch/items", &["/credits/users/jsmith2", "/merch/locations"]),
    ("/intranet/merch/items/A2/new", &["/merch/locations/A2"]),
    ("/intranet/merch/items/3/A1/edit", &["/merch/locations/A1"]),
    ("/intranet/merch/buy?item-3=1", &["/credits/users/jsmith2", "/merch/items"]),
    ("/intranet/merch/purchases", &["/merch/purchases"]),
    ("/intranet/merch/purchases/7", &["/merch/purchases/7"]),
    ("/intranet/merch/pin", &["/merch/users/jsmith2"]),
    ("/intranet/merch/stock", &["/merch/items"]),
    ("/intranet/merch/sales", &["/merch/sales"]),
    ("/intranet/merch/unresolved", &["/merch/purchases"]),
    ("/intranet/notifications", &["/notifications"]),
    (
        "/intranet/notifications/new",
        &["/groups/committees", "/groups/sigs", "/notifications/channels"],
    ),
    ("/intranet/notifications/7", &["/notification/7"]),
    (
        "/intranet/outbox",
        &["/outbox/auth", "/outbox/credits", "/outbox/gigs", "/outbox/merch", "/outbox/users"],
    ),
    ("/intranet/outbox/users", &["/outbox/users"]),
    ("/intranet/directory", &["/directory/report", "/directory/status"]),
    ("/account", &["/sessions"]),
    ("/account/notifications", &["/notifications/preferences"]),
    ("/credits", &["/credits/transactions"]),
    ("/credits/transfer", &["/credits/users/jsmith2"]),
    ("/credits/addFunds", &["/credits/payment-options"]),
    ("/credits/purchaseMembership", &["/credits/payment-options", "/outbox/credits/mine"]),
    ("/credits/admin", &["/credits/users"]),
    ("/credits/admin/adhawa2", &["/credits/transactions"]),
    ("/credits/audit", &["/credits/audit", "/credits/transactions"]),
    ("/status", &["/status"]),
];

/// A gateway behind which there is something of everything.
async fn whole_chapter() -> FakeGateway {
    let gateway = with_history(&[], None).await;
    let answer = |path: &str, body: Value| gateway.answers(Method::GET, path, 200, body);
    for path in ["/quotes", "/users", "/merch/locations"] {
        answer(path, json(data(json!([]))));
    }
    for path in ["/merch/sales", "/credits/users", "/gigs/claims"] {
        answer(path, json!([]));
    }
    answer("/quotes/counts", json(grove_quotes_api::Counts::default()));
    answer("/users/counts", json(Counts::default()));
    answer("/groups/sigs/X", json(group("X")));
    answer("/groups/sigs/X/roles", json(GroupRoles { manageable: true, roles: vec![] }));
    answer("/gigs", json(page(&[])));
    answer("/gigs/5", json(gig(5, "adhawa2", "open")));
    answer("/merch/locations/A1", json(data(slot("A1", Some(coke()), 4))));
    answer("/merch/locations/A2", json(data(slot("A2", None, 0))));
    answer("/merch/items", json(data([item(3, "Coke", 125)])));
    answer("/merch/purchases", json(Purchases { purchases: vec![], next: None }));
    answer("/merch/purchases/7", json(bought(7, "done", &[])));
    answer("/merch/users/jsmith2", json(data(customer(true, 1))));
    answer("/notifications", json(Deliveries { deliveries: vec![], next: None }));
    answer("/notifications/channels", json(Channels { channels: vec![], kinds: vec![] }));
    answer("/notifications/preferences", json(Preferences { preferences: vec![] }));
    answer("/notification/7", json(message()));
    for service in ["auth", "credits", "gigs", "merch", "users"] {
        answer(&format!("/outbox/{service}"), json(outbox(0, 0, &[])));
    }
    let nothing = json!({ "items": [], "next": null });
    for service in AUDITED {
        answer(&format!("/audit/{service}"), nothing.clone());
    }
    answer("/users/deletions", nothing);
    answer("/sessions", json!({ "sessions": [] }));
    answer("/credits/payment-options", json(options(true)));
    answer("/credits/audit", json(proof()));
    let since = named("2026-11-22T10:00:00Z");
    answer("/status", json(Status { since, objective: 0.001, services: vec![], backup: None }));
    // Without a directory its page says so.
    let away = json!({ "error": "away" });
    for path in ["/directory/status", "/directory/report"] {
        gateway.answers(Method::GET, path, 503, away.clone());
    }
    gateway
}

fn json(body: impl Serialize) -> Value {
    serde_json::to_value(body).unwrap()
}

fn message() -> SentNotification {
    SentNotification {
        id: 7,
        kind: "announcement".to_owned(),
        message: "Free pizza.".to_owned(),
        requested_by: "jsmith2".to_owned(),
        created_at: named("2026-11-22T09:33:41Z"),
        deliveries: vec![],
    }
}

fn proof() -> Audit {
    Audit {
        ok: true,
        accounts: 0,
        transactions: 0,
        entries: 0,
        sealed: 0,
        head: String::new(),
        problems: vec![],
        debts: vec![],
    }
}

/// Visits a page as an officer who is new here; it has to ask for these, and for no more.
async fn visit(gateway: &FakeGateway, officer: &mut Browser, path: &str, calls: &[&str]) {
    let before = gateway.paths().len();
    // A page that asks for one after the other gets no answer, and says so.
    gateway.answers_together(calls);
    let page = officer.get(path).await;
    assert_eq!(page.status, 200, "{path}");
    let mut asked = gateway.paths().split_off(before);
    asked.retain(|path| path != "/users/me");
    asked.sort_unstable();
    assert_eq!(asked, calls, "{path}");
    assert!(gateway.calls(&Method::GET, "/users/me").len() < 2, "{path}");
}

async fn officer() -> (FakeGateway, Browser) {
    let gateway = whole_chapter().await;
    let mut browser = Browser::by(&Clock::stopped_at(DateTime::UNIX_EPOCH), &gateway);
    browser.sign_in(&gateway, "jsmith2", &["admin", "top4"]);
    (gateway, browser)
}

#[tokio::test]
async fn no_page_makes_more_than_two_calls_in_a_row() {
    for (path, calls) in PAGES {
        let (gateway, mut officer) = officer().await;
        visit(&gateway, &mut officer, path, calls).await;
    }
}

#[tokio::test]
async fn neither_does_a_transfer_that_is_looked_at_whatever_comes_of_it() {
    let (gateway, mut officer) = officer().await;
    let known = IsMember {
        netid: "adhawa2".to_owned(),
        is_member: true,
        first_name: None,
        last_name: None,
    };
    gateway.answers(Method::GET, "/users/adhawa2/is_member", 200, data(known));
    officer.get("/credits/transfer").await;
    for amount in ["5", "99999"] {
        let fields = [("to", "adhawa2"), ("amount", amount), ("description", "Pizza")];
        let look = officer.submit("/credits/transfer", &fields).await;
        let calls = ["/credits/users/jsmith2", "/users/adhawa2/is_member"];
        visit(&gateway, &mut officer, look.location(), &calls).await;
    }
}

//! Who may see the pages for members, and the first of them.

use grove_auth_api::{NewAccount, OwnSession, Sessions};
use grove_quotes_api::Quote;
use grove_users_api::{Counts, Profile, User};
use http::Method;
use serde_json::json;

use crate::{
    browser::Browser,
    gateway::{FakeGateway, data, named, profile, term},
};

/// Text that would do something if a page did not escape it.
pub(crate) const HOSTILE: &str =
    "</textarea><script>alert(1)</script>\"'><img src=x onerror=alert(1)>";

/// A record of the visitor.
fn me(state: &str, ends_on: &[&str]) -> Profile {
    let memberships = ends_on.iter().map(|day| term("2025-01-02", day)).collect();
    Profile { memberships, ..profile("jsmith2", state, &[]) }
}

/// The visitor's account.
pub(crate) fn account(first_name: &str) -> NewAccount {
    NewAccount {
        netid: named("jsmith2"),
        first_name: first_name.to_owned(),
        last_name: String::new(),
    }
}

/// The visitor's session, as auth tells of it.
pub(crate) fn own_session(first_name: &str) -> OwnSession {
    OwnSession { account: account(first_name) }
}

/// A browser of someone who is signed in, of these committees.
pub(crate) fn signed_in(gateway: &FakeGateway, committees: &[&str]) -> Browser {
    let mut browser = Browser::new(gateway);
    browser.sign_in(gateway, "jsmith2", committees);
    browser
}

const FOR_MEMBERS: &[&str] = &[
    "/intranet",
    "/intranet/quotes",
    "/intranet/quotes/new",
    "/intranet/groups",
    "/intranet/groups/sigs/SIG%20C%2B%2B",
    "/account",
    "/account/notifications",
];

const FOR_OFFICERS: &[&str] = &[
    "/intranet/users",
    "/intranet/groups/new",
    "/intranet/notifications",
    "/intranet/notifications/new",
    "/intranet/notifications/7",
    "/intranet/outbox",
    "/intranet/outbox/users",
    "/intranet/directory",
    "/status",
];

#[tokio::test]
async fn a_stranger_signs_in_first_and_comes_back() {
    let gateway = FakeGateway::start().await;
    let mut stranger = Browser::new(&gateway);
    for path in FOR_MEMBERS.iter().chain(FOR_OFFICERS) {
        let reply = stranger.get(path).await;
        assert_eq!(reply.status, 303, "{path}");
        let next = url::form_urlencoded::byte_serialize(path.as_bytes()).collect::<String>();
        assert_eq!(reply.location(), format!("/login?next={next}"));
    }
    stranger.get("/login").await;
    for path in ["/intranet/quotes/1/approve", "/intranet/users/x/paid", "/account/profile"] {
        assert_eq!(stranger.submit(path, &[]).await.location(), "/login", "{path}");
    }
    assert_eq!(gateway.writes().len(), 0);
}

#[tokio::test]
async fn pages_for_officers_are_refused_to_members_and_not_offered() {
    let gateway = FakeGateway::start().await;
    let mut member = signed_in(&gateway, &["events"]);
    for path in FOR_OFFICERS {
        let reply = member.get(path).await;
        assert_eq!(reply.status, 403, "{path}");
        assert!(reply.body.contains("for officers"), "{path}");
    }
    let page = member.get("/intranet").await;
    for path in FOR_OFFICERS {
        assert!(!page.body.contains(path), "{path}");
    }
    for path in [
        "/intranet/quotes/1/approve",
        "/intranet/quotes/1/delete",
        "/intranet/users/adhawa2/paid",
        "/intranet/users/adhawa2/delete",
        "/intranet/groups/new",
        "/intranet/groups/sigs/SIGGraph/end",
    ] {
        assert_eq!(member.submit(path, &[]).await.status, 403, "{path}");
    }
    assert_eq!(gateway.writes().len(), 0);
}

#[tokio::test]
async fn every_state_of_membership_tells_what_comes_next() {
    let gateway = FakeGateway::start().await;
    let cases = [
        ("unverified", vec![], "not verified"),
        ("awaiting_payment", vec![], "One step remains"),
        ("member", vec!["2025-08-31", "2031-08-31"], "until Aug 31, 2031"),
        ("member", vec![], "<strong>Member</strong>"),
        ("expired", vec!["2025-08-31", "2024-08-31"], "ended on Aug 31, 2025"),
    ];
    for (state, terms, expected) in cases {
        gateway.answers(Method::GET, "/users/me", 200, data(me(state, &terms)));
        // Another session each time, since the website remembers people for a second.
        let mut browser = Browser::new(&gateway);
        browser.sign_in(&gateway, &format!("{state}{}", terms.len()), &[]);
        for path in ["/intranet", "/account"] {
            let page = browser.get(path).await;
            assert_eq!(page.status, 200);
            assert!(page.body.contains(expected), "{path} {state}");
        }
        assert!(browser.get("/intranet").await.body.contains("Hello, Jo"));
    }
}

#[tokio::test]
async fn an_account_without_a_record_breaks_no_page() {
    let gateway = FakeGateway::start().await;
    gateway.answers(Method::GET, "/users/me", 404, json!({ "error": "User not found" }));
    gateway.answers(Method::GET, "/session", 200, own_session(""));
    gateway.answers(Method::GET, "/quotes", 200, data(Vec::<Quote>::new()));
    gateway.answers(Method::GET, "/users", 200, data(Vec::<User>::new()));
    gateway.answers(Method::GET, "/sessions", 200, Sessions { sessions: vec![] });
    for committees in [&[][..], &["admin"]] {
        let mut browser = signed_in(&gateway, committees);
        for path in ["/intranet", "/intranet/quotes", "/intranet/groups", "/account"] {
            let page = browser.get(path).await;
            let for_members = committees.is_empty() && path.starts_with("/intranet/");
            assert_eq!(page.status, if for_members { 403 } else { 200 }, "{path}");
            assert!(page.body.contains("jsmith2"), "{path}");
        }
        let page = browser.get("/account").await;
        assert!(page.body.contains("no membership is on record"));
        assert!(!page.body.contains("/account/profile"), "there is nothing to publish");
    }
}

#[tokio::test]
async fn officers_see_what_waits_for_them_even_when_half_of_it_is_unknown() {
    let gateway = FakeGateway::start().await;
    let mut officer = signed_in(&gateway, &["top4"]);
    let page = officer.get("/intranet").await;
    assert_eq!(page.status, 200, "neither users nor quotes answer");
    let counts = Counts { awaiting_payment: 2, ..Counts::default() };
    gateway.answers(Method::GET, "/users/counts", 200, counts);
    let page = officer.get("/intranet").await;
    assert!(page.body.contains("2 to pay") && !page.body.contains("to approve"));
    let counts = grove_quotes_api::Counts { approved: 5, waiting: 3 };
    gateway.answers(Method::GET, "/quotes/counts", 200, counts);
    assert!(officer.get("/intranet").await.body.contains("3 to approve"));
    assert!(page.body.contains("/intranet/users"));
}

#[tokio::test]
async fn people_who_are_signed_in_find_the_intranet_their_account_and_the_way_out() {
    let gateway = FakeGateway::start().await;
    let mut browser = signed_in(&gateway, &[]);
    let page = browser.get("/about").await;
    for part in ["href=\"/intranet\"", "href=\"/account\"", "action=\"/logout\""] {
        assert!(page.body.contains(part), "{part}");
    }
    for (from, to) in [("/users", "/intranet/users"), ("/groups", "/intranet/groups")] {
        assert_eq!(browser.get(from).await.location(), to);
    }
}

//! No form is taken from elsewhere.

use std::time::{Duration, Instant};

use grove_notifications_api::Unsubscribed;
use http::Method;

use crate::{
    browser::{Browser, form, site_with},
    gateway::FakeGateway,
};

/// Every address that takes a form.
const FORMS: &[&str] = &[
    "/join",
    "/login",
    "/logout",
    "/account/forgot",
    "/account/notifications",
    "/account/password",
    "/account/password/change",
    "/account/profile",
    "/account/sessions/1/end",
    "/account/sessions/end-others",
    "/credits/addFunds",
    "/credits/admin/adhawa2",
    "/credits/admin/transactions/1/reverse",
    "/credits/purchaseMembership",
    "/credits/transfer",
    "/intranet/directory/check",
    "/intranet/directory/repair",
    "/intranet/gigs",
    "/intranet/gigs/1/claim",
    "/intranet/gigs/1/claims/1/accept",
    "/intranet/gigs/1/claims/1/reject",
    "/intranet/gigs/1/claims/1/withdraw",
    "/intranet/gigs/1/close",
    "/intranet/gigs/1/delete",
    "/intranet/gigs/1/edit",
    "/intranet/groups/new",
    "/intranet/groups/sigs/SIGGraph/edit",
    "/intranet/groups/sigs/SIGGraph/end",
    "/intranet/groups/sigs/SIGGraph/people",
    "/intranet/groups/sigs/SIGGraph/people/1/end",
    "/intranet/merch/buy",
    "/intranet/merch/items/1/A1",
    "/intranet/merch/items/A1",
    "/intranet/merch/items/A1/clear",
    "/intranet/merch/pin",
    "/intranet/merch/purchases/1/items/1/resolve",
    "/intranet/merch/stock/1/delete",
    "/intranet/notifications/deliveries/1/replay",
    "/intranet/notifications/new",
    "/intranet/outbox/users/1/replay",
    "/intranet/quotes/1/approve",
    "/intranet/quotes/1/delete",
    "/intranet/quotes/1/takedown",
    "/intranet/quotes/1/unvote",
    "/intranet/quotes/1/vote",
    "/intranet/quotes/new",
    "/intranet/users/adhawa2/delete",
    "/intranet/users/adhawa2/paid",
];

const KIND: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const OURS: (&str, &str) = ("origin", "http://localhost:5000");
const SAME: (&str, &str) = ("sec-fetch-site", "same-origin");

#[tokio::test]
async fn a_form_without_the_visitors_own_token_changes_nothing() {
    let gateway = FakeGateway::start().await;
    let mut victim = Browser::new(&gateway);
    let mut other = victim.another();
    other.sign_in(&gateway, "mallory2", &[]);
    other.get("/").await;
    let mut stranger = victim.another();
    stranger.get("/login").await;
    victim.sign_in(&gateway, "jsmith2", &["admin"]);
    victim.get("/").await;

    let own = victim.token.clone();
    let mut forged = own.clone();
    forged.replace_range(60..61, if &own[60..61] == "A" { "B" } else { "A" });
    for path in FORMS {
        for token in ["", "x", &forged, &other.token, &stranger.token] {
            let body = form(&[("csrf", token), ("netid", "jsmith2"), ("password", "p")]);
            let reply = victim.send(Method::POST, path, &[KIND, OURS, SAME], &body).await;
            assert_eq!(reply.status, 403, "{path} {token}");
        }
        let reply = victim.send(Method::POST, path, &[KIND, OURS, SAME], "netid=x").await;
        assert_eq!(reply.status, 403, "{path}");
    }
    assert_eq!(gateway.writes().len(), 0);
}

#[tokio::test]
async fn a_form_from_elsewhere_changes_nothing_even_with_the_right_token() {
    let gateway = FakeGateway::start().await;
    let mut victim = Browser::new(&gateway);
    victim.sign_in(&gateway, "jsmith2", &[]);
    victim.get("/").await;
    let token = victim.token.clone();
    let body = form(&[("csrf", &token), ("netid", "jsmith2"), ("password", "p")]);
    let json = format!(r#"{{"csrf":"{token}"}}"#);
    let elsewhere: [(&[(&str, &str)], &str); 9] = [
        (&[KIND, ("origin", "https://evil.example")], &body),
        (&[KIND, ("origin", "http://localhost:5001")], &body),
        (&[KIND, ("origin", "null"), SAME], &body),
        (&[KIND, ("sec-fetch-site", "cross-site")], &body),
        (&[KIND, OURS, ("sec-fetch-site", "same-site")], &body),
        (&[("content-type", "text/plain"), OURS, SAME], &body),
        (&[("content-type", "text/plain"), OURS, SAME], &json),
        (&[("content-type", "application/json"), OURS, SAME], &json),
        (&[OURS, SAME], &body),
    ];
    for path in FORMS {
        for (headers, body) in elsewhere {
            let reply = victim.send(Method::POST, path, headers, body).await;
            assert_eq!(reply.status, 403, "{path} {headers:?}");
            assert!(reply.header("content-type").starts_with("text/html"));
        }
    }
    assert_eq!(gateway.writes().len(), 0);
}

#[tokio::test]
async fn a_method_cannot_be_overridden() {
    let gateway = FakeGateway::start().await;
    let mut browser = Browser::new(&gateway);
    browser.sign_in(&gateway, "jsmith2", &[]);
    browser.get("/").await;
    let query = format!("/logout?_method=POST&csrf={}", browser.token);
    let page = browser.send(Method::GET, &query, &[("x-http-method-override", "POST")], "").await;
    assert_eq!(page.status, 200);
    assert_eq!(gateway.writes().len(), 0);
}

#[tokio::test]
async fn a_browser_that_names_no_origin_is_let_in_by_its_token() {
    let gateway = FakeGateway::start().await;
    let mut browser = Browser::new(&gateway);
    browser.sign_in(&gateway, "jsmith2", &[]);
    browser.get("/").await;
    let body = form(&[("csrf", &browser.token.clone())]);
    assert_eq!(browser.send(Method::POST, "/logout", &[KIND], &body).await.status, 303);
}

#[tokio::test]
async fn tokens_differ_in_every_page_and_all_of_them_count() {
    let gateway = FakeGateway::start().await;
    let mut browser = Browser::new(&gateway);
    browser.get("/login").await;
    let first = browser.token.clone();
    browser.get("/login").await;
    assert_ne!(first, browser.token);
    browser.token = first;
    let reply = browser.submit("/login", &[("netid", "jsmith2"), ("password", "p")]).await;
    assert_eq!(reply.status, 404, "the gateway was asked");
}

#[tokio::test]
async fn secrets_are_replaced_while_forms_are_open() {
    const OLD: &str = "the key of forms that were shown before";
    const NEW: &str = "the key of forms that are shown from now";
    let gateway = FakeGateway::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let write = |name: &str, text: &str| std::fs::write(path(name), text).unwrap();
    write("key", OLD);
    write("token", "a token that the gateway does not know");
    let (token, key) = (path("token"), path("key"));
    let url = "https://localhost:5000";
    let flags = ["--gateway-token-file", &token, "--site-secret-file", &key, "--site-url", url];
    let mut browser = Browser::at(site_with(&gateway.url, &flags));
    browser.get("/login").await;
    let open = browser.token.clone();

    write("key", &format!("{NEW}\n{OLD}"));
    write("token", "client");
    let fields = [("netid", "jsmith2"), ("password", "p")];
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        browser.token.clone_from(&open);
        let reply = browser.submit("/login", &fields).await;
        if reply.status == 404 {
            break;
        }
        assert!(reply.body.contains("no such client"), "the form is refused: {}", reply.body);
        assert!(Instant::now() < deadline, "the new token is not taken up");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    write("key", NEW);
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        browser.token.clone_from(&open);
        if browser.submit("/login", &fields).await.body.contains("This form is not valid any more")
        {
            break;
        }
        assert!(Instant::now() < deadline, "the old key still counts");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_huge_form_is_refused() {
    let gateway = FakeGateway::start().await;
    let mut browser = Browser::new(&gateway);
    browser.get("/login").await;
    let netid = "x".repeat(70_000);
    let reply = browser.submit("/login", &[("netid", &netid), ("password", "p")]).await;
    assert_eq!(reply.status, 413);
    assert_eq!(gateway.writes().len(), 0);
}

#[tokio::test]
async fn only_the_form_of_mail_providers_may_come_from_elsewhere() {
    let gateway = FakeGateway::start().await;
    let done = Unsubscribed { kind: "announcement".to_owned(), message: "Done".to_owned() };
    gateway.answers(Method::POST, "/notifications/unsubscribe/t0ken", 200, done);
    let mut victim = Browser::new(&gateway);
    victim.sign_in(&gateway, "jsmith2", &["admin"]);
    let elsewhere = [KIND, ("origin", "https://mail.example"), ("sec-fetch-site", "cross-site")];
    let mut send = async |path: &str| {
        let body = "List-Unsubscribe=One-Click";
        victim.send(Method::POST, path, &elsewhere, body).await.status.as_u16()
    };
    assert_eq!(send("/unsubscribe/t0ken").await, 200);
    assert_eq!(gateway.writes()[0].headers.get("token"), None, "the session takes no part");
    for path in
        ["/unsubscribe/", "/unsubscribe/a/b", "/unsubscribe", "/unsubscribed/a", "/x/unsubscribe/a"]
    {
        assert_eq!(send(path).await, 403, "{path}");
    }
    assert_eq!(gateway.writes().len(), 1);
}

//! Credits, for members.

use grove_credits_api::{AccountSums, Balance, History, Transaction};
use grove_users_api::IsMember;
use http::Method;
use serde_json::json;

use crate::{
    browser::{Browser, Reply, site},
    gateway::{FakeGateway, data, named},
    members::signed_in,
    members_merch::customer,
};

pub(crate) fn line(id: u64, amount: i64, description: &str) -> Transaction {
    Transaction {
        id,
        user: Some("jsmith2".to_owned()),
        amount,
        description: description.to_owned(),
        counterparty: None,
        created_at: named("2026-11-22T09:33:41Z"),
        actor: "service:gigs".to_owned(),
        reverses: None,
        reversed_by: None,
    }
}

fn history(lines: &[Transaction], next: Option<u64>) -> History {
    let account = AccountSums { balance: 123_456, held: 456, available: 123_000 };
    History { transactions: lines.to_vec(), account: Some(account), next }
}

pub(crate) fn balance(netid: &str, balance: i64) -> Balance {
    Balance { netid: named(netid), balance, held: 0, available: balance }
}

pub(crate) async fn with_history(lines: &[Transaction], next: Option<u64>) -> FakeGateway {
    let gateway = FakeGateway::start().await;
    gateway.answers(Method::GET, "/credits/transactions", 200, history(lines, next));
    gateway.answers(Method::GET, "/credits/users/jsmith2", 200, balance("jsmith2", 1000));
    gateway
}

/// The key in the form of a page.
pub(crate) fn key(page: &Reply) -> String {
    let (_, rest) = page.body.split_once(r#"name="key" value=""#).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn times_are_those_of_the_chapter() {
    let summer = Transaction { created_at: named("2026-07-01T02:05:00Z"), ..line(8, 1, "Tea") };
    let gateway = with_history(&[line(9, 250, "Coffee"), summer], None).await;
    for (zone, times) in [
        ("UTC", ["Nov 22, 2026, 9:33 AM UTC", "Jul 1, 2026, 2:05 AM UTC"]),
        ("America/Chicago", ["Nov 22, 2026, 3:33 AM CST", "Jun 30, 2026, 9:05 PM CDT"]),
    ] {
        let mut browser = Browser::at(site(&gateway.url, &["--chapter-time-zone", zone]));
        browser.sign_in(&gateway, "jsmith2", &[]);
        let page = browser.get("/credits").await;
        for (iso, shown) in ["2026-11-22T09:33:41Z", "2026-07-01T02:05:00Z"].into_iter().zip(times)
        {
            let time = format!("<time datetime=\"{iso}\">{shown}</time>");
            assert!(page.body.contains(&time), "{time}");
        }
    }
}

#[tokio::test]
async fn a_member_sees_what_they_have_and_how_it_came_about() {
    let undone = Transaction { reversed_by: Some(9), ..line(7, -250, "Vending") };
    let undoing = Transaction { reverses: Some(7), ..line(9, 250, "") };
    let elsewhere = Transaction { reverses: Some(3), ..line(8, 1, "Odd") };
    let gateway = with_history(&[undoing, elsewhere, undone], Some(7)).await;
    let page = signed_in(&gateway, &[]).get("/credits?from=2026-11-01&to=2026-11-30").await;
    assert_eq!(page.status, 200);
    for part in [
        "123,000 credits ($1,230.00)",
        "456 credits ($4.56)",
        "123,456 credits ($1,234.56)",
        "+250 credits (+$2.50)",
        "−250 credits (−$2.50)",
        "+1 credit (+$0.01)",
        "No description",
        "<code>gigs</code>",
        "Nov 22, 2026, 9:33 AM UTC",
        "href=\"#transaction-9\">undone by 9",
        "href=\"#transaction-7\">undoes 7",
        "href=\"/credits?after=4#transaction-3\">undoes 3",
        "href=\"/credits?from=2026-11-01&#38;to=2026-11-30&#38;after=7\"",
        "formaction=\"/credits/export\"",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
    for part in ["/credits/admin", "/credits/audit", "/reverse"] {
        assert!(!page.body.contains(part), "{part}");
    }
    let call = &gateway.calls(&Method::GET, "/credits/transactions")[0];
    assert_eq!(call.query, "netid=jsmith2&from=2026-11-01&to=2026-11-30");
}

#[tokio::test]
async fn a_member_asks_for_nobody_elses_history() {
    let gateway = with_history(&[], None).await;
    let page = signed_in(&gateway, &[]).get("/credits?netid=adhawa2&after=5").await;
    assert_eq!(page.status, 200);
    assert_eq!(
        gateway.calls(&Method::GET, "/credits/transactions")[0].query,
        "netid=jsmith2&after=5"
    );
}

#[tokio::test]
async fn a_history_is_downloaded_as_it_comes() {
    let gateway = with_history(&[], None).await;
    gateway.answers(Method::GET, "/credits/export", 200, "id,time");
    let mut browser = signed_in(&gateway, &[]);
    let file = browser.get("/credits/export?netid=jsmith2&from=2026-11-01&to=&after=3").await;
    assert_eq!((file.status.as_u16(), file.body.as_str()), (200, "\"id,time\""));
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"credits-jsmith2.csv\"");
    let call = &gateway.calls(&Method::GET, "/credits/export")[0];
    assert_eq!(call.query, "netid=jsmith2&from=2026-11-01");
    let refusal = json!({ "error": "Unrecognized user" });
    gateway.answers(Method::GET, "/credits/export", 404, refusal);
    assert_eq!(browser.get("/credits/export?netid=adhawa2").await.status, 404);
}

#[tokio::test]
async fn credits_are_sent_after_a_second_look_and_once() {
    let gateway = with_history(&[], None).await;
    let known = IsMember {
        netid: "adhawa2".to_owned(),
        first_name: Some("Ada".to_owned()),
        last_name: Some("Dhawan".to_owned()),
        is_member: true,
    };
    gateway.answers(Method::GET, "/users/adhawa2/is_member", 200, data(known));
    gateway.answers(Method::POST, "/credits/transfers", 200, line(1, -300, "Pizza"));
    let mut browser = signed_in(&gateway, &[]);
    let page = browser.get("/credits/transfer").await;
    assert!(page.body.contains("1,000 credits ($10.00)") && !page.body.contains("name=\"key\""));

    let fields = [("to", " ADHAWA2 "), ("amount", "300"), ("description", "Pizza")];
    let look = browser.submit_and_follow("/credits/transfer", &fields).await;
    assert_eq!(look.status, 200);
    for part in ["Ada Dhawan", "300 credits ($3.00)", "700 credits ($7.00)", "Pizza"] {
        assert!(look.body.contains(part), "{part}");
    }
    assert_eq!(gateway.writes().len(), 0, "nothing is sent yet");

    let key = key(&look);
    let sure = [("to", "adhawa2"), ("amount", "300"), ("description", "Pizza"), ("key", &key)];
    let again = [&sure[..], &[("change", "true")]].concat();
    let form = browser.submit_and_follow("/credits/transfer", &again).await;
    assert!(form.body.contains("value=\"Pizza\"") && gateway.writes().is_empty());
    for _ in 0..2 {
        let done = browser.submit("/credits/transfer", &sure).await;
        assert_eq!((done.status.as_u16(), done.location()), (303, "/credits"));
    }
    for call in gateway.calls(&Method::POST, "/credits/transfers") {
        assert_eq!(call.headers["idempotency-key"], key.as_str());
        let expected = json!({ "to": "adhawa2", "amount": 300, "description": "Pizza" });
        assert_eq!(call.body, expected);
    }
    assert!(browser.get("/credits").await.body.contains("300 credits ($3.00) went to adhawa2."));
}

#[tokio::test]
async fn what_stops_a_transfer_is_told_beside_the_form() {
    let gateway = with_history(&[], None).await;
    let mut browser = signed_in(&gateway, &[]);
    browser.get("/credits/transfer").await;
    let known = IsMember {
        netid: "adhawa2".to_owned(),
        first_name: None,
        last_name: None,
        is_member: false,
    };
    gateway.answers(Method::GET, "/users/adhawa2/is_member", 200, data(known));
    for (to, amount, expected) in [
        ("", "5", "Say who gets"),
        ("jsmith2", "5", "your own credits"),
        ("adhawa2", "0", "at least 1"),
        ("adhawa2", "-5", "at least 1"),
        ("adhawa2", "1.5", "whole number"),
        ("nobody2", "5", "Nobody here has the NetID nobody2."),
        ("adhawa2", "1001", "1 credit ($0.01) short"),
    ] {
        let fields = [("to", to), ("amount", amount)];
        let page = browser.submit_and_follow("/credits/transfer", &fields).await;
        assert!(page.is_wrong_form(), "{to} {amount}");
        assert!(
            page.body.contains(expected) && page.body.contains("id=\"form-error\""),
            "{expected}"
        );
        assert!(page.body.contains(&format!("value=\"{amount}\"")), "what was typed stays");
    }
    let fields = [("to", "adhawa2"), ("amount", "5")];
    let look = browser.submit_and_follow("/credits/transfer", &fields).await;
    assert!(look.body.contains("not a member today") && look.body.contains("not published"));
    for (status, error, expected) in [
        (402, "This needs 5 credits, and 1 are available", "and 1 are available"),
        (404, "Unrecognized user", "Unrecognized user"),
        (422, "This Idempotency-Key was used for another request", "sent and carried out before"),
    ] {
        gateway.answers(Method::POST, "/credits/transfers", status, json!({ "error": error }));
        let sure = [("to", "adhawa2"), ("amount", "5"), ("key", "k")];
        let page = browser.submit_and_follow("/credits/transfer", &sure).await;
        assert!(page.is_wrong_form());
        assert!(page.body.contains(expected) && !page.body.contains("Idempotency"), "{expected}");
    }
    let page = browser.submit("/credits/transfer", &[("to", "adhawa2"), ("key", "a b")]).await;
    assert_eq!(page.status, 400, "no form of ours has such a key");
}

#[tokio::test]
async fn a_ledger_that_does_not_answer_is_a_failure_page_and_keeps_the_first_page_whole() {
    let gateway = FakeGateway::start().await;
    for path in ["/credits/transactions", "/credits/users/jsmith2", "/merch/users/jsmith2"] {
        gateway.answers(Method::GET, path, 503, json!({ "error": "down" }));
    }
    let mut browser = signed_in(&gateway, &[]);
    assert_eq!(browser.get("/credits").await.status, 503);
    let page = browser.get("/intranet").await;
    assert!(page.status == 200 && page.body.contains("href=\"/credits\""));
    assert!(!page.body.contains("PIN ") && !page.body.contains("0 credits"));
    gateway.answers(Method::GET, "/credits/users/jsmith2", 200, balance("jsmith2", 1234));
    gateway.answers(Method::GET, "/merch/users/jsmith2", 200, data(customer(true, 1234)));
    let page = browser.get("/intranet").await;
    assert!(page.body.contains("1,234 credits ($12.34)") && page.body.contains("PIN set"));
}

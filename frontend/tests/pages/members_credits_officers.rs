//! Credits, for officers; and who may see which page of credits, gigs and merch.

use grove_credits_api::{Audit, Debt, Reversal, Transaction};
use http::Method;
use serde_json::json;

use crate::{
    browser::Browser,
    gateway::{FakeGateway, named},
    members::{HOSTILE, signed_in},
    members_credits::{balance, key, line, with_history},
};

const FOR_MEMBERS: [&str; 10] = [
    "/credits",
    "/credits/export",
    "/credits/transfer",
    "/credits/addFunds",
    "/intranet/gigs",
    "/intranet/gigs/new",
    "/intranet/gigs/5",
    "/intranet/merch/buy",
    "/intranet/merch/purchases",
    "/intranet/merch/pin",
];

const FOR_OFFICERS: [&str; 8] = [
    "/credits/admin",
    "/credits/admin/adhawa2",
    "/credits/audit",
    "/intranet/merch/items/A1/new",
    "/intranet/merch/items/3/A1/edit",
    "/intranet/merch/stock",
    "/intranet/merch/sales",
    "/intranet/merch/unresolved",
];

#[tokio::test]
async fn strangers_sign_in_first_and_members_do_not_see_what_is_for_officers() {
    let gateway = FakeGateway::start().await;
    let mut stranger = Browser::new(&gateway);
    for path in FOR_MEMBERS.into_iter().chain(FOR_OFFICERS) {
        let reply = stranger.get(path).await;
        assert!(reply.location().starts_with("/login?next="), "{path}");
    }
    stranger.get("/login").await;
    let forms = ["/credits/transfer", "/credits/addFunds", "/intranet/gigs", "/intranet/merch/buy"];
    for path in forms {
        assert_eq!(stranger.submit(path, &[("key", "k")]).await.location(), "/login", "{path}");
    }
    let mut member = signed_in(&gateway, &["events"]);
    for path in FOR_OFFICERS {
        assert_eq!(member.get(path).await.status, 403, "{path}");
    }
    for path in [
        "/credits/admin/adhawa2",
        "/credits/admin/transactions/1/reverse",
        "/intranet/merch/items/A1",
        "/intranet/merch/items/A1/clear",
        "/intranet/merch/items/3/A1",
        "/intranet/merch/stock/3/delete",
        "/intranet/merch/purchases/7/items/3/resolve",
    ] {
        assert_eq!(member.submit(path, &[("key", "k")]).await.status, 403, "{path}");
    }
    assert_eq!(gateway.writes().len(), 0);
}

#[tokio::test]
async fn an_officer_sees_every_balance_and_opens_an_account() {
    let gateway = FakeGateway::start().await;
    let balances = [balance("adhawa2", 1234), balance("jsmith2", -34)];
    gateway.answers(Method::GET, "/credits/users", 200, balances);
    let mut officer = signed_in(&gateway, &["admin"]);
    let page = officer.get("/credits/admin").await;
    for part in [
        "1,200 credits ($12.00)",
        "−34 credits (−$0.34)",
        "href=\"/credits/admin/adhawa2\"",
        "data-filter=\"balances\"",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
    let there = officer.get("/credits/admin?netid=New2%2F..").await;
    assert_eq!(there.location(), "/credits/admin/new2%2F..");
}

#[tokio::test]
async fn an_officer_adjusts_a_balance_by_a_difference_or_to_a_new_one() {
    let gateway = with_history(&[line(7, 500, "Dues")], None).await;
    gateway.answers(Method::GET, "/credits/users/adhawa2", 200, balance("adhawa2", 1000));
    gateway.answers(Method::POST, "/credits/transactions", 200, line(8, 1, "x"));
    let mut officer = signed_in(&gateway, &["admin"]);
    let page = officer.get("/credits/admin/adhawa2").await;
    assert!(page.body.contains("name=\"seen\" value=\"123456\""));
    assert!(page.body.contains("action=\"/credits/admin/transactions/7/reverse\""));
    let key = key(&page);
    let adjust = |to, amount, seen| {
        [
            ("to", to),
            ("amount", amount),
            ("seen", seen),
            ("reason", " Cash "),
            ("key", key.as_str()),
        ]
    };
    let cases =
        [("false", "-500", "0", -500), ("true", "1500", "1000", 500), ("true", "0", "1000", -1000)];
    for (to, amount, seen, expected) in cases {
        let done = officer.submit("/credits/admin/adhawa2", &adjust(to, amount, seen)).await;
        assert_eq!((done.status.as_u16(), done.location()), (303, "/credits/admin/adhawa2"));
        let calls = gateway.calls(&Method::POST, "/credits/transactions");
        let call = calls.last().unwrap();
        let body = json!({ "netid": "adhawa2", "amount": expected, "description": "Cash" });
        assert_eq!(call.body, body);
        assert_eq!(call.headers["idempotency-key"], key.as_str());
    }
    let sent = gateway.writes().len();
    let done = officer.submit("/credits/admin/adhawa2", &adjust("true", "1000", "700")).await;
    assert_eq!(done.status, 303, "it is so already, as after a double click");
    for (to, amount, seen, expected) in [
        ("true", "1500", "700", "has changed to 1,000 credits ($10.00)"),
        ("false", "x", "1000", "whole number"),
        ("false", "0", "1000", "change nothing"),
    ] {
        let fields = adjust(to, amount, seen);
        let page = officer.submit_and_follow("/credits/admin/adhawa2", &fields).await;
        assert!(page.is_wrong_form());
        assert!(page.body.contains(expected) && page.body.contains("id=\"adjust\" open"));
    }
    let silent = [("to", "false"), ("amount", "5"), ("reason", " "), ("key", "k")];
    let page = officer.submit_and_follow("/credits/admin/adhawa2", &silent).await;
    assert!(page.is_wrong_form() && page.body.contains("Say why"));
    assert_eq!(gateway.writes().len(), sent);
    let refusal = json!({ "error": "This needs 500 credits, and 0 are available" });
    gateway.answers(Method::POST, "/credits/transactions", 402, refusal);
    let fields = adjust("false", "-500", "0");
    let page = officer.submit_and_follow("/credits/admin/adhawa2", &fields).await;
    assert!(page.is_wrong_form() && page.body.contains("and 0 are available"));
}

#[tokio::test]
async fn an_officer_undoes_a_transaction_with_a_reason() {
    let gateway = with_history(&[line(7, 500, "Dues")], None).await;
    let undone = Reversal { message: "Deleted transaction: 7".to_owned(), reversal: 8 };
    gateway.answers(Method::DELETE, "/credits/transactions/7", 200, undone);
    let mut officer = signed_in(&gateway, &["admin"]);
    officer.get("/credits/admin/adhawa2").await;
    let reverse = "/credits/admin/transactions/7/reverse";
    let fields = [("reason", "Twice & wrong"), ("netid", "adhawa2")];
    let done = officer.submit(reverse, &fields).await;
    assert_eq!((done.status.as_u16(), done.location()), (303, "/credits/admin/adhawa2"));
    let call = &gateway.calls(&Method::DELETE, "/credits/transactions/7")[0];
    assert_eq!(call.query, "reason=Twice%20%26%20wrong");
    assert!(officer.get("/credits/admin/adhawa2").await.body.contains("Transaction 7 is undone"));

    assert_eq!(officer.submit(reverse, &[("reason", "")]).await.location(), "/credits/audit");
    assert_eq!(gateway.writes().len(), 1, "not without a reason");
    let refusal = json!({ "error": "This transaction was reversed already" });
    gateway.answers(Method::DELETE, "/credits/transactions/7", 409, refusal);
    officer.submit(reverse, &fields).await;
    assert!(officer.get("/credits/admin/adhawa2").await.body.contains("reversed already"));
}

#[tokio::test]
async fn the_audit_shows_everybody_and_whether_the_ledger_adds_up() {
    let chapter = Transaction { user: None, ..line(3, 50, "Inside") };
    let user = Some("erossi2".to_owned());
    let other_side = Transaction { user, ..line(7, -500, HOSTILE) };
    let lines = [line(7, 500, HOSTILE), other_side, chapter];
    let gateway = with_history(&lines, Some(3)).await;
    let proof = Audit {
        ok: true,
        accounts: 4,
        transactions: 7,
        entries: 14,
        sealed: 7,
        head: "abc123".to_owned(),
        problems: vec![],
        debts: vec![],
    };
    gateway.answers(Method::GET, "/credits/audit", 200, proof.clone());
    let mut officer = signed_in(&gateway, &["admin"]);
    let page = officer.get("/credits/audit?netid=adhawa2").await;
    for part in [
        "The ledger adds up.",
        "7 transactions and 14 entries",
        "abc123",
        "href=\"/credits/admin/jsmith2\"",
        "the chapter",
        "href=\"/credits/audit?after=3\"",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
    assert!(page.body.contains("alert(1)") && !page.body.contains("<script>"));
    for part in ["id=\"transaction-7\"", "transactions/7/reverse"] {
        assert_eq!(page.body.matches(part).count(), 1, "two lines are one transaction: {part}");
    }
    assert_eq!(gateway.calls(&Method::GET, "/credits/transactions")[0].query, "");

    let (netid, problem) = ("erossi2".to_owned(), "transaction 7 sums to 3, not 0".to_owned());
    let debt = Debt { payment: 2, netid, owed: 300, disputed_at: None };
    let disputed = Debt { disputed_at: Some(named("2026-11-23T09:33:41Z")), ..debt.clone() };
    let debts = vec![debt, disputed];
    let proof = Audit { ok: false, problems: vec![problem], debts, ..proof };
    gateway.answers(Method::GET, "/credits/audit", 200, proof);
    let page = officer.get("/credits/audit").await;
    for part in [
        "does not add up",
        "sums to 3",
        "notice-bad",
        "300 credits ($3.00)",
        "erossi2",
        "data-label=\"Disputed\">no<",
        ">Nov 23, 2026</time>",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
}

//! Gigs, for those who offer them and those who do them.

use grove_credits_api::Balance;
use grove_gigs_api::{Claim, Done, Gig, GigPage};
use http::Method;
use serde_json::json;

use crate::{
    gateway::{FakeGateway, named},
    members::{HOSTILE, signed_in},
    members_credits::{balance, key},
};

pub(crate) fn gig(id: u64, issuer: &str, state: &str) -> Gig {
    Gig {
        id,
        issuer: issuer.to_owned(),
        title: format!("Gig {id}"),
        details: "Sweep.".to_owned(),
        credits: 1500,
        active: state == "open",
        admin_task: false,
        state: named(state),
        payment_failed: false,
        created_at: named("2026-11-22T09:33:41Z"),
    }
}

fn claim(id: u64, claimant: &str, state: &str) -> Claim {
    Claim {
        id,
        gig_id: 5,
        claimant: claimant.to_owned(),
        issuer: "x".to_owned(),
        fulfilled: state == "accepted",
        state: named(state),
        created_at: named("2026-11-22T10:00:00Z"),
    }
}

pub(crate) fn page(gigs: &[Gig]) -> GigPage {
    let (next_page, prev_page) = (Some(3), Some(1));
    GigPage { gigs: gigs.to_vec(), page: 2, num_pages: 3, next_page, prev_page }
}

fn done(message: &str) -> Done {
    Done { message: message.to_owned() }
}

async fn with_gig(gig: Gig, claims: &[Claim]) -> FakeGateway {
    let gateway = FakeGateway::start().await;
    gateway.answers(Method::GET, "/gigs/5", 200, gig);
    gateway.answers(Method::GET, "/gigs/claims", 200, claims);
    gateway
}

#[tokio::test]
async fn a_filter_survives_paging() {
    let gateway = FakeGateway::start().await;
    gateway.answers(Method::GET, "/gigs", 200, page(&[gig(5, "adhawa2", "open")]));
    let mut browser = signed_in(&gateway, &[]);
    for (filter, expected) in [
        ("all", "page=2"),
        ("active", "page=2&active=true"),
        ("mine", "page=2&issuer=jsmith2"),
        ("claimed", "page=2&claimed_by=jsmith2"),
        ("%22%3E%3Cscript%3E", "page=2"),
    ] {
        let page = browser.get(&format!("/intranet/gigs?filter={filter}&page=2")).await;
        assert_eq!(page.status, 200);
        let kept = if filter.starts_with('%') { "all" } else { filter };
        for number in [1, 3] {
            let link = format!("/intranet/gigs?filter={kept}&amp;page={number}\"");
            assert!(page.body.contains(&link), "{link}");
        }
        let chosen = format!("?filter={kept}\" aria-current=\"true\"");
        assert!(page.body.contains(&chosen) && !page.body.contains("<script>"));
        assert_eq!(gateway.calls(&Method::GET, "/gigs").last().unwrap().query, expected);
    }
    let page = browser.get("/intranet/gigs").await;
    for part in ["1,500 credits ($15.00)", "By adhawa2", "href=\"/intranet/gigs/5\"", "Page 2 of 3"]
    {
        assert!(page.body.contains(part), "{part}");
    }
    gateway.answers(Method::GET, "/gigs", 404, json!({ "error": "There is no such page" }));
    assert_eq!(browser.get("/intranet/gigs?page=99").await.status, 404);
}

#[tokio::test]
async fn a_gig_is_posted_once_in_ones_own_name() {
    let gateway = with_gig(gig(5, "jsmith2", "open"), &[]).await;
    gateway.answers(Method::POST, "/gigs", 200, gig(5, "jsmith2", "open"));
    let balance = Balance { held: 2, available: 7, ..balance("jsmith2", 9) };
    gateway.answers(Method::GET, "/credits/users/jsmith2", 200, balance);
    let mut browser = signed_in(&gateway, &[]);
    let page = browser.get("/intranet/gigs/new").await;
    assert!(page.body.contains("7 credits ($0.07)") && !page.body.contains("admin_gig"));
    assert!(page.body.contains("taken from your credits now"));

    let key = key(&page);
    let fields = [
        ("title", "Sweep"),
        ("details", "All"),
        ("credits", "1,500"),
        ("issuer", "mallory2"),
        ("key", key.as_str()),
    ];
    for _ in 0..2 {
        let done = browser.submit("/intranet/gigs", &fields).await;
        assert_eq!((done.status.as_u16(), done.location()), (303, "/intranet/gigs/5"));
    }
    for call in gateway.calls(&Method::POST, "/gigs") {
        let expected = json!({
            "issuer": "jsmith2", "title": "Sweep", "details": "All", "credits": 1500,
            "admin_task": false,
        });
        assert_eq!(call.body, expected);
        assert_eq!(call.headers["idempotency-key"], key.as_str());
    }
    let page = browser.get("/intranet/gigs/5").await;
    assert!(page.body.contains("1,500 credits ($15.00) of yours are set aside"));

    let refusal = json!({ "error": "This needs 1500 credits, and 7 are available" });
    gateway.answers(Method::POST, "/gigs", 402, refusal);
    let page = browser.submit_and_follow("/intranet/gigs", &fields).await;
    assert!(page.is_wrong_form());
    assert!(page.body.contains("and 7 are available") && page.body.contains("value=\"Sweep\""));
    let sent = gateway.writes().len();
    for credits in ["", "0", "-1", "many"] {
        let fields = [("title", HOSTILE), ("credits", credits), ("key", "k")];
        let page = browser.submit_and_follow("/intranet/gigs", &fields).await;
        assert!(page.is_wrong_form() && page.body.contains("whole number of credits"), "{credits}");
        assert!(page.body.contains("alert(1)") && !page.body.contains("<script>"));
    }
    assert_eq!(gateway.writes().len(), sent);
}

#[tokio::test]
async fn only_officers_offer_gigs_that_the_chapter_pays() {
    let gateway = with_gig(gig(5, "jsmith2", "open"), &[]).await;
    gateway.answers(Method::POST, "/gigs", 200, gig(5, "jsmith2", "open"));
    let fields = [("title", "Sweep"), ("credits", "5"), ("admin_gig", "on"), ("key", "k")];
    let mut member = signed_in(&gateway, &[]);
    member.get("/intranet/gigs/new").await;
    assert_eq!(member.submit("/intranet/gigs", &fields).await.status, 403);
    assert_eq!(gateway.writes().len(), 0);

    let mut officer = signed_in(&gateway, &["top4"]);
    officer.sign_in(&gateway, "officer2", &["top4"]);
    assert!(officer.get("/intranet/gigs/new").await.body.contains("name=\"admin_gig\""));
    assert_eq!(officer.submit("/intranet/gigs", &fields).await.status, 303);
    assert_eq!(gateway.writes()[0].body["admin_task"], true);
}

#[tokio::test]
async fn the_issuer_decides_on_claims_and_knows_what_happens_to_the_credits() {
    let claims = [claim(8, "erossi2", "pending"), claim(9, "itanak2", "rejected")];
    let gateway = with_gig(gig(5, "jsmith2", "open"), &claims).await;
    for method in [Method::PUT, Method::DELETE] {
        gateway.answers(method, "/gigs/claims/8", 200, done("Done"));
    }
    let mut browser = signed_in(&gateway, &[]);
    let page = browser.get("/intranet/gigs/5").await;
    for part in [
        "that you set aside go to erossi2",
        "other claims are rejected",
        "cannot claim this gig again. No credits move.",
        "Your 1,500 credits ($15.00) come back to you.",
        "action=\"/intranet/gigs/5/close\"",
        "action=\"/intranet/gigs/5/delete\"",
        "Pending",
        "Rejected",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
    for part in ["/intranet/gigs/5/edit", "/intranet/gigs/5/claim\"", "claims/9/"] {
        assert!(!page.body.contains(part), "not while somebody waits: {part}");
    }
    let query = &gateway.calls(&Method::GET, "/gigs/claims")[0].query;
    assert_eq!(query, "gig_id=5&state=pending%2Caccepted%2Crejected%2Cwithdrawn");

    for (action, method) in [("accept", Method::PUT), ("reject", Method::DELETE)] {
        let done = browser.submit(&format!("/intranet/gigs/5/claims/8/{action}"), &[]).await;
        assert_eq!((done.status.as_u16(), done.location()), (303, "/intranet/gigs/5"));
        assert_eq!(gateway.calls(&method, "/gigs/claims/8").len(), 1);
    }
    let refusal = json!({ "error": "Claim already fulfilled" });
    gateway.answers(Method::PUT, "/gigs/claims/8", 409, refusal);
    browser.submit("/intranet/gigs/5/claims/8/accept", &[]).await;
    assert!(browser.get("/intranet/gigs/5").await.body.contains("Claim already fulfilled"));
}

#[tokio::test]
async fn a_member_claims_a_gig_withdraws_and_sees_where_it_stands() {
    let gateway = with_gig(gig(5, "adhawa2", "open"), &[]).await;
    gateway.answers(Method::POST, "/gigs/claims", 200, claim(8, "jsmith2", "pending"));
    gateway.answers(Method::DELETE, "/gigs/claims/8", 200, done("Done"));
    let mut browser = signed_in(&gateway, &[]);
    let page = browser.get("/intranet/gigs/5").await;
    assert!(page.body.contains("you are paid 1,500 credits ($15.00)"));
    for part in ["/edit", "/close", "/delete", "/accept"] {
        assert!(!page.body.contains(&format!("/intranet/gigs/5{part}")), "{part}");
    }
    browser.submit("/intranet/gigs/5/claim", &[]).await;
    let expected = json!({ "claimant": "jsmith2", "gig_id": 5 });
    assert_eq!(gateway.calls(&Method::POST, "/gigs/claims")[0].body, expected);

    for (claim_state, gig_state, expected) in [
        ("pending", "open", ">Pending<"),
        ("accepted", "paying", "the payment is on its way"),
        ("accepted", "paid", ">Accepted and paid<"),
        ("rejected", "closed", ">Rejected<"),
        ("withdrawn", "open", ">Withdrawn<"),
    ] {
        gateway.answers(Method::GET, "/gigs/5", 200, gig(5, "adhawa2", gig_state));
        let claims = [claim(8, "jsmith2", claim_state)];
        gateway.answers(Method::GET, "/gigs/claims", 200, claims);
        let page = browser.get("/intranet/gigs/5").await;
        assert!(page.body.contains(expected), "{claim_state} {gig_state}");
        assert_eq!(page.body.contains("claims/8/withdraw"), claim_state == "pending");
        assert_eq!(page.body.contains("/intranet/gigs/5/claim\""), claim_state == "withdrawn");
    }
    let done = browser.submit("/intranet/gigs/5/claims/8/withdraw", &[]).await;
    assert_eq!(done.location(), "/intranet/gigs/5");
    assert_eq!(gateway.calls(&Method::DELETE, "/gigs/claims/8").len(), 1);
    let refusal = json!({ "error": "Cannot double claim a gig" });
    gateway.answers(Method::POST, "/gigs/claims", 400, refusal);
    browser.submit("/intranet/gigs/5/claim", &[]).await;
    assert!(browser.get("/intranet/gigs/5").await.body.contains("Cannot double claim"));
}

#[tokio::test]
async fn a_gig_is_edited_closed_and_deleted() {
    let gateway = with_gig(gig(5, "jsmith2", "open"), &[]).await;
    gateway.answers(Method::PUT, "/gigs/5", 200, gig(5, "jsmith2", "open"));
    gateway.answers(Method::DELETE, "/gigs/5", 200, done("Deleted gig 5"));
    let mut browser = signed_in(&gateway, &[]);
    let page = browser.get("/intranet/gigs/5").await;
    assert!(
        page.body.contains("value=\"Gig 5\"")
            && page.body.contains("set aside of your credits now")
    );
    let fields = [("title", "Mop"), ("details", ""), ("credits", "2000")];
    assert_eq!(
        browser.submit("/intranet/gigs/5/edit", &fields).await.location(),
        "/intranet/gigs/5"
    );
    browser.submit("/intranet/gigs/5/close", &[]).await;
    let bodies: Vec<_> =
        gateway.calls(&Method::PUT, "/gigs/5").into_iter().map(|call| call.body).collect();
    let edited = json!({ "title": "Mop", "details": "", "credits": 2000 });
    assert_eq!(bodies, [edited, json!({ "active": false })]);
    assert_eq!(browser.submit("/intranet/gigs/5/delete", &[]).await.location(), "/intranet/gigs");

    for (status, error) in [
        (402, "This needs 500 credits, and 0 are available"),
        (409, "Only an open gig can be edited, and its claims accepted"),
    ] {
        gateway.answers(Method::PUT, "/gigs/5", status, json!({ "error": error }));
        let page = browser.submit_and_follow("/intranet/gigs/5/edit", &fields).await;
        assert!(page.is_wrong_form());
        assert!(page.body.contains(error) && page.body.contains("value=\"Mop\""));
        assert!(page.body.contains("id=\"edit\" open"));
    }
    gateway.answers(
        Method::PUT,
        "/gigs/5",
        403,
        json!({ "error": "Only the issuer of a gig may do this" }),
    );
    assert_eq!(browser.submit("/intranet/gigs/5/close", &[]).await.status, 403);
}

#[tokio::test]
async fn officers_delete_gigs_and_run_those_that_the_chapter_pays() {
    let paid = Gig { admin_task: true, ..gig(5, "adhawa2", "open") };
    let gateway = with_gig(paid, &[claim(8, "erossi2", "pending")]).await;
    let page = signed_in(&gateway, &["corporate"]).get("/intranet/gigs/5").await;
    for part in [
        "paid by the chapter",
        "of the chapter go to erossi2",
        "The chapter keeps its 1,500",
        "/gigs/5/close",
        "/gigs/5/delete",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
    gateway.answers(Method::GET, "/gigs/5", 200, gig(5, "adhawa2", "open"));
    let page = signed_in(&gateway, &["corporate"]).get("/intranet/gigs/5").await;
    assert!(page.body.contains("go back to adhawa2.") && !page.body.contains("/accept\""));
    assert!(!page.body.contains("/gigs/5/close"), "the issuer closes it, an officer deletes it");
    gateway.answers(Method::GET, "/gigs/5", 200, gig(5, "adhawa2", "paid"));
    let page = signed_in(&gateway, &["corporate"]).get("/intranet/gigs/5").await;
    assert!(page.body.contains("Nobody sees the gig any more. No credits move."));
    assert_eq!(signed_in(&gateway, &[]).get("/intranet/gigs/claims").await.status, 404);
}

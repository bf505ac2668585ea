//! Users, for officers.

use grove_users_api::User;
use http::Method;
use serde_json::json;

use crate::{
    gateway::{FakeGateway, data, user},
    members::{HOSTILE, signed_in},
};

async fn with_users() -> FakeGateway {
    let gateway = FakeGateway::start().await;
    let people = [
        user("erossi2", "awaiting_payment"),
        user("itanak2", "unverified"),
        user("oldboy1", "expired"),
        user("jsmith2", "awaiting_payment"),
        user("adhawa2", "member"),
    ];
    gateway.answers(Method::GET, "/users", 200, data(people));
    gateway
}

#[tokio::test]
async fn an_officer_sees_everyone_and_how_many_are_in_each_state() {
    let gateway = with_users().await;
    let mut officer = signed_in(&gateway, &["admin"]);
    let page = officer.get("/intranet/users").await;
    for part in [
        "<strong>5</strong> Everyone",
        "<strong>2</strong> To pay",
        "<strong>1</strong> Expired",
        "data-label=\"Joined\"",
        "Jan 2, 2026",
        "data-filter=\"users\"",
        "action=\"/intranet/users/erossi2/paid\"",
        "action=\"/intranet/users/itanak2/delete\"",
        "action=\"/intranet/users/oldboy1/paid\"",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
    for netid in ["adhawa2", "jsmith2"] {
        let part = format!("/intranet/users/{netid}/");
        assert!(!page.body.contains(&part), "neither members nor oneself: {netid}");
    }

    let page = officer.get("/intranet/users?state=unverified").await;
    assert!(page.body.contains("itanak2") && !page.body.contains("erossi2"));
    assert!(page.body.contains("<strong>5</strong> Everyone"));
    let page = officer.get("/intranet/users?state=%22%3E%3Cscript%3E").await;
    assert!(page.status == 200 && page.body.contains("erossi2"));
    assert!(!page.body.contains("<script>"));
}

#[tokio::test]
async fn an_officer_records_a_payment_and_deletes_who_never_paid() {
    let gateway = with_users().await;
    gateway.answers(Method::PUT, "/users/erossi2/paid", 200, data(Vec::<User>::new()));
    gateway.answers(Method::DELETE, "/users/itanak2", 200, data(Vec::<User>::new()));
    let mut officer = signed_in(&gateway, &["top4"]);
    officer.get("/intranet/users").await;
    let state = [("state", "awaiting_payment")];
    let done = officer.submit("/intranet/users/erossi2/paid", &state).await;
    assert_eq!(done.status, 303);
    assert_eq!(done.location(), "/intranet/users?state=awaiting_payment", "the filter stays");
    assert!(officer.get(done.location()).await.body.contains("erossi2 paid and is a member."));

    let done = officer.submit("/intranet/users/itanak2/delete", &[("state", "//evil")]).await;
    assert_eq!(done.location(), "/intranet/users");
    assert!(officer.get("/intranet/users").await.body.contains("itanak2 is deleted"));
    assert_eq!(gateway.calls(&Method::DELETE, "/users/itanak2").len(), 1);

    let refusal = json!({ "error": "User is already a member" });
    gateway.answers(Method::PUT, "/users/erossi2/paid", 400, refusal);
    officer.submit("/intranet/users/erossi2/paid", &[]).await;
    let page = officer.get("/intranet/users").await;
    assert!(page.body.contains("User is already a member") && page.body.contains("notice-bad"));
}

#[tokio::test]
async fn odd_netids_name_only_themselves() {
    let gateway = FakeGateway::start().await;
    let odd = User { first_name: HOSTILE.to_owned(), ..user("a/../b?c#d", "unverified") };
    gateway.answers(Method::GET, "/users", 200, data([odd]));
    let mut officer = signed_in(&gateway, &["admin"]);
    let page = officer.get("/intranet/users").await;
    assert!(page.body.contains("action=\"/intranet/users/a%2F..%2Fb%3Fc%23d/paid\""));
    assert!(page.body.contains("alert(1)") && !page.body.contains("<script>"));
    officer.submit("/intranet/users/%2E%2E/delete", &[]).await;
    assert_eq!(gateway.writes().len(), 0, "a path that leads elsewhere is not asked for");
}

#[tokio::test]
async fn officers_see_what_a_removal_waits_for_and_what_stays() {
    let gateway = with_users().await;
    let forgotten = json!({
        "removed": [{ "what": "votes", "count": 3 }],
        "kept": [{ "what": HOSTILE, "why": "it belongs to the chapter." }],
    });
    let confirmed = json!({ "service": "quotes", "confirmed_at": "2026-11-22T09:05:00Z", "forgotten": forgotten });
    let open =
        |service: &str| json!({ "service": service, "confirmed_at": null, "forgotten": null });
    let deletion = |id: u64, netid: &str, steps: &[serde_json::Value]| json!({ "id": id, "netid": netid, "deleted_by": null, "deleted_at": "2026-11-22T09:00:00Z", "ended_at": null, "steps": steps });
    let items = [
        deletion(8, "itanak2", &[open("gigs"), open("merch"), confirmed.clone()]),
        deletion(7, "oldboy1", &[confirmed]),
    ];
    gateway.answers(Method::GET, "/users/deletions", 200, json!({ "items": items, "next": 7 }));
    let mut officer = signed_in(&gateway, &["admin"]);
    assert!(officer.get("/intranet/users").await.body.contains("/intranet/users/removed"));
    let page = officer.get("/intranet/users/removed").await;
    for part in [
        "itanak2",
        "Being removed: waiting for gigs, merch",
        "Removed from all services",
        "a former officer",
        "Gone: votes (3)",
        "it belongs to the chapter.",
        "/intranet/users/removed?after=7",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
    assert!(!page.body.contains("<script>"));
    assert_eq!(signed_in(&gateway, &[]).get("/intranet/users/removed").await.status, 403);
}

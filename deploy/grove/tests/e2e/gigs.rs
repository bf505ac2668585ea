//! From posting a gig to its payment, over HTTP.

use std::time::{Duration, Instant};

use grove_shared::Role;
use serde_json::{Value, json};

use crate::world::{Caller, World};

/// What someone has, as they see it themselves.
async fn balance(person: &Caller, netid: &str) -> i64 {
    let account = person.get(&format!("/credits/users/{netid}")).await;
    assert_eq!(account.status, 200, "{}", account.json);
    account.json["balance"].as_i64().unwrap()
}

async fn wait_for_balance(person: &Caller, netid: &str, expected: i64) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let seen = balance(person, netid).await;
        if seen == expected {
            return;
        }
        assert!(Instant::now() < deadline, "{netid} still has {seen} credits, not {expected}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn gig(credits: i64) -> Value {
    json!({ "issuer": "issuer1", "title": "Paint the fence", "details": "", "credits": credits })
}

#[tokio::test]
async fn a_gig_is_posted_claimed_and_paid_from_what_was_set_aside() {
    let world = World::start().await;
    let officer = world.person("officer1", &[Role::Admin]).await;
    let issuer = world.person("issuer1", &[]).await;
    let doer = world.person("doer1", &[]).await;
    for netid in ["issuer1", "doer1"] {
        let prize = json!({ "netid": netid, "amount": 1000, "description": "A prize" });
        let given = officer.post("/credits/transactions", &prize).await;
        assert_eq!(given.status, 200, "{}", given.json);
    }
    let (before, doers) = (balance(&issuer, "issuer1").await, balance(&doer, "doer1").await);

    assert_eq!(issuer.post("/gigs", &gig(before + 1)).await.status, 402);
    assert_eq!(doer.post("/gigs", &gig(1)).await.status, 403);
    let posted = issuer.post("/gigs", &gig(300)).await;
    assert_eq!((posted.status, &posted.json["state"]), (200, &json!("open")), "{}", posted.json);
    assert_eq!(balance(&issuer, "issuer1").await, before - 300);

    let claim = json!({ "claimant": "doer1", "gig_id": posted.json["id"].to_string() });
    let claimed = doer.post("/gigs/claims", &claim).await;
    assert_eq!(claimed.status, 200, "{}", claimed.json);
    world.mail("issuer1", "doer1 would like to do your gig").await;
    let claim = format!("/gigs/claims/{}", claimed.json["id"]);
    assert_eq!(doer.put(&claim, &json!({})).await.status, 403);
    assert_eq!(issuer.put(&claim, &json!({})).await.status, 200);
    assert_eq!(issuer.put(&claim, &json!({})).await.json["error"], "Claim already fulfilled");
    wait_for_balance(&doer, "doer1", doers + 300).await;
    assert_eq!(balance(&issuer, "issuer1").await, before - 300);

    let closed = issuer.post("/gigs", &gig(200)).await;
    let path = format!("/gigs/{}", closed.json["id"]);
    assert_eq!(balance(&issuer, "issuer1").await, before - 500);
    assert_eq!(issuer.put(&path, &json!({ "active": false })).await.status, 200);
    wait_for_balance(&issuer, "issuer1", before - 300).await;
    assert_eq!(issuer.delete(&path).await.status, 200);
    assert_eq!(world.client().get(&path).await.status, 404);
    world.end().await;
}

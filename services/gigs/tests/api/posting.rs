//! Posting a gig.

use grove_gigs_api::GigState;
use serde_json::{Value, json};

use crate::{World, bank::Mood, form, ok, refusal, refused};

#[tokio::test]
async fn a_posted_gig_is_open_and_its_reward_set_aside() {
    let world = World::new().await;
    let reply = world.try_post("Paint the fence", 300).await;
    let gig: Value = ok(&reply).json();
    assert_eq!(
        gig,
        json!({
            "id": gig["id"],
            "issuer": "jsmith2",
            "title": "Paint the fence",
            "details": "Bring gloves.",
            "credits": 300,
            "active": true,
            "state": "open",
            "created_at": "2026-10-01T12:00:00Z",
        })
    );
    assert_eq!((world.bank.balance("jsmith2"), world.bank.escrow()), (700, 300));
    let moved = format!("Reserved for gig {}: Paint the fence", gig["id"]);
    assert_eq!(world.bank.descriptions(), [moved]);
}

#[tokio::test]
async fn who_is_short_of_credits_posts_nothing() {
    let world = World::new().await;
    let reply = world.try_post("Build a house", 1001).await;
    assert_eq!(refusal(&reply), refused(402, "This needs 1001 credits, and 1000 are available"));
    assert!(world.found(&world.issuer(), "").await.is_empty());
    assert_eq!(world.issuer().get("/gigs/1").await.status, 404);
    world.reconciler().settle_due().await.unwrap();
    world.deliver().await;
    assert_eq!((world.bank.balance("jsmith2"), world.bank.escrow()), (1000, 0));
}

#[tokio::test]
async fn who_was_short_of_credits_tries_again_under_the_same_key() {
    let world = World::new().await;
    let (issuer, form) = (world.issuer(), form("Build a house", 1001));
    let refused = issuer.post_once("/gigs", &form, "my-key").await;
    assert_eq!(refused.status, 402);
    world.bank.set_balance("jsmith2", 1001);
    ok(&issuer.post_once("/gigs", &form, "my-key").await);
    assert_eq!(world.found(&issuer, "").await, ["Build a house"]);
    assert_eq!(world.bank.escrow(), 1001);
}

#[tokio::test]
async fn a_repeated_request_finds_the_gig_of_the_first() {
    let world = World::new().await;
    let (issuer, new) = (world.issuer(), form("Paint the fence", 300));
    let first: Value = ok(&issuer.post_once("/gigs", &new, "my-key").await).json();
    let again: Value = ok(&issuer.post_once("/gigs", &new, "my-key").await).json();
    assert_eq!(first, again);
    let other = issuer.post_once("/gigs", &form("Paint the fence", 301), "my-key").await;
    assert_eq!(other.status, 422);
    assert_eq!((world.bank.escrow(), world.bank.keys().len()), (300, 1));
}

#[tokio::test]
async fn fifty_equal_requests_at_once_post_one_gig() {
    let world = World::new().await;
    let tries: Vec<_> = (0..50)
        .map(|_| {
            let issuer = world.issuer();
            tokio::spawn(async move {
                issuer.post_once("/gigs", &form("Paint the fence", 300), "my-key").await.status
            })
        })
        .collect();
    for status in tries {
        // 503 while the first one waits for the bank.
        assert!([200, 503].contains(&status.await.unwrap().as_u16()));
    }
    assert_eq!(world.found(&world.issuer(), "").await, ["Paint the fence"]);
    assert_eq!((world.bank.escrow(), world.bank.descriptions().len()), (300, 1));
}

#[tokio::test]
async fn while_the_bank_is_away_a_gig_is_seen_by_its_issuer_alone() {
    let world = World::new().await;
    world.bank.set_mood(Mood::Away);
    let reply = world.try_post("Paint the fence", 300).await;
    assert_eq!(reply.status, 503);
    assert_eq!(reply.headers["retry-after"], "1");
    assert!(reply.error().starts_with("It is not known yet whether"), "{}", reply.error());
    for person in [world.app.client(), world.app.member("mdoe3"), world.app.officer("admin2")] {
        assert!(world.found(&person, "").await.is_empty());
        assert_eq!(person.get("/gigs/1").await.status, 404);
        assert!(person.delete("/gigs/1").await.status.is_client_error());
    }
    assert_eq!(world.try_claim("mdoe3", 1).await.status, 404);
    assert_eq!(world.found(&world.issuer(), "issuer=jsmith2").await, ["Paint the fence"]);
    assert_eq!(world.state_of(1).await, GigState::Reserving);
    assert!(world.found(&world.issuer(), "active=true").await.is_empty());
}

#[tokio::test]
async fn gigs_that_the_chapter_pays_for_are_posted_by_officers_without_escrow() {
    let world = World::new().await;
    let mut form = form("Clean the office", 300);
    form["admin_task"] = json!("true");
    let reply = world.issuer().post("/gigs", &form).await;
    assert_eq!(reply.status, 403);
    let gig = world.post_admin_gig("Clean the office", 300).await;
    assert!(gig.admin_task && gig.active);
    assert!(world.bank.keys().is_empty());

    let claim = world.claim("mdoe3", gig.id).await;
    let path = format!("/gigs/claims/{}", claim.id);
    for member in ["mdoe3", "jsmith2", "admin2"] {
        // Neither the claimant nor an issuer who is no officer any more.
        assert_eq!(world.app.member(member).put(&path, &json!({})).await.status, 403);
    }
    assert_eq!(
        refusal(&world.app.officer("mdoe3").put(&path, &json!({})).await),
        refused(403, "Nobody accepts their own claim")
    );
    ok(&world.app.officer("admin3").put(&path, &json!({})).await);
    world.deliver().await;
    assert_eq!((world.bank.balance("mdoe3"), world.bank.escrow()), (300, 0));
}

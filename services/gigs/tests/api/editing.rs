//! Editing a gig.

use grove_gigs_api::{Gig, GigState};
use serde_json::json;

use crate::{FAR_BEYOND_THE_BACKOFF, World, bank::Mood, ok, refusal, refused};

#[tokio::test]
async fn the_issuer_edits_and_what_is_empty_stays() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let path = format!("/gigs/{}", gig.id);
    let change =
        json!({ "title": "Paint the shed", "details": "", "credits": null, "admin_task": false });
    let edited: Gig = ok(&world.issuer().put(&path, &change).await).json();
    assert_eq!(
        (edited.title.as_str(), edited.details.as_str()),
        ("Paint the shed", "Bring gloves.")
    );
    assert_eq!((edited.credits, world.bank.keys().len()), (300, 1));
    ok(&world.issuer().put(&path, &json!({ "credits": 0, "title": " " })).await);
    for person in [world.app.member("mdoe3"), world.app.officer("admin2")] {
        assert_eq!(person.put(&path, &json!({ "title": "Mine" })).await.status, 403);
    }
    let payer = world.issuer().put(&path, &json!({ "admin_task": true })).await;
    assert_eq!(
        refusal(&payer),
        refused(409, "Who pays for a gig cannot be changed: post another one")
    );
}

#[tokio::test]
async fn a_higher_reward_is_reserved_and_a_lower_one_returns_the_difference() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let path = format!("/gigs/{}", gig.id);
    let raised: Gig = ok(&world.issuer().put(&path, &json!({ "credits": "500" })).await).json();
    assert_eq!((raised.credits, raised.state), (500, GigState::Open));
    assert_eq!((world.bank.balance("jsmith2"), world.bank.escrow()), (500, 500));
    let cut: Gig = ok(&world.issuer().put(&path, &json!({ "credits": 100 })).await).json();
    assert_eq!(cut.credits, 100);
    world.deliver().await;
    assert_eq!((world.bank.balance("jsmith2"), world.bank.escrow()), (900, 100));
    ok(&world.close(gig.id).await);
    world.deliver().await;
    assert_eq!((world.bank.balance("jsmith2"), world.bank.escrow()), (1000, 0));
}

#[tokio::test]
async fn a_raise_that_is_refused_changes_nothing() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let path = format!("/gigs/{}", gig.id);
    let reply = world.issuer().put(&path, &json!({ "credits": 1001, "title": "More" })).await;
    assert_eq!(refusal(&reply), refused(402, "This needs 701 credits, and 700 are available"));
    let same: Gig = ok(&world.app.client().get(&path).await).json();
    assert_eq!(same, gig);
    assert_eq!(world.bank.escrow(), 300);
}

#[tokio::test]
async fn while_a_raise_is_unknown_the_gig_waits_and_then_has_all_of_the_change() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let path = format!("/gigs/{}", gig.id);
    world.bank.set_mood(Mood::LosesAnswers);
    let change = json!({ "credits": 400, "title": "Paint it twice" });
    assert_eq!(world.issuer().put(&path, &change).await.status, 503);
    let waiting: Gig = ok(&world.app.client().get(&path).await).json();
    assert_eq!((waiting.state, waiting.active, waiting.credits), (GigState::Reserving, false, 300));
    assert_eq!(world.try_claim("mdoe3", gig.id).await.error(), "Cannot claim an inactive gig");
    assert_eq!(world.issuer().put(&path, &change).await.status, 409);

    world.bank.set_mood(Mood::Works);
    world.clock.advance(FAR_BEYOND_THE_BACKOFF);
    assert_eq!(world.reconciler().settle_due().await.unwrap(), 1);
    let raised: Gig = ok(&world.app.client().get(&path).await).json();
    assert_eq!((raised.title.as_str(), raised.credits), ("Paint it twice", 400));
    world.deliver().await;
    assert_eq!((world.bank.balance("jsmith2"), world.bank.escrow()), (600, 400));
}

#[tokio::test]
async fn a_gig_that_is_deleted_while_a_raise_is_unknown_gives_everything_back() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let path = format!("/gigs/{}", gig.id);
    world.bank.set_mood(Mood::LosesAnswers);
    assert_eq!(world.issuer().put(&path, &json!({ "credits": 400 })).await.status, 503);
    ok(&world.issuer().delete(&path).await);
    world.bank.set_mood(Mood::Works);
    world.clock.advance(FAR_BEYOND_THE_BACKOFF);
    assert_eq!(world.reconciler().settle_due().await.unwrap(), 1);
    world.deliver().await;
    assert_eq!((world.bank.balance("jsmith2"), world.bank.escrow()), (1000, 0));
}

#[tokio::test]
async fn a_gig_with_claims_is_not_edited() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let claim = world.claim("mdoe3", gig.id).await;
    let path = format!("/gigs/{}", gig.id);
    for change in [json!({ "credits": 1 }), json!({ "credits": 999 }), json!({ "title": "X" })] {
        let reply = world.issuer().put(&path, &change).await;
        assert_eq!(
            refusal(&reply),
            refused(409, "A gig with claims cannot be edited: reject them first, or close the gig")
        );
    }
    // The old form sends everything, changed or not.
    let same = json!({ "title": "Paint the fence", "details": "Bring gloves.", "credits": 300 });
    ok(&world.issuer().put(&path, &same).await);
    ok(&world.issuer().delete(&format!("/gigs/claims/{}", claim.id)).await);
    ok(&world.issuer().put(&path, &json!({ "credits": 200 })).await);
    world.deliver().await;
    assert_eq!(world.bank.escrow(), 200);
}

#[tokio::test]
async fn the_reward_that_the_chapter_pays_is_edited_by_an_officer_alone() {
    let world = World::new().await;
    let gig = world.post_admin_gig("Clean the office", 300).await;
    let path = format!("/gigs/{}", gig.id);
    let change = json!({ "credits": 900, "admin_task": true });
    assert_eq!(world.app.member("admin2").put(&path, &change).await.status, 403);
    assert_eq!(world.app.officer("admin3").put(&path, &change).await.status, 403);
    let edited: Gig = ok(&world.app.officer("admin2").put(&path, &change).await).json();
    assert_eq!((edited.credits, world.bank.keys().len()), (900, 0));
}

//! Closing and deleting a gig: the reward goes back once.

use grove_gigs_api::{ClaimState, GigState};
use serde_json::{Value, json};

use crate::{World, bank::Mood, ok, refusal, refused};

#[tokio::test]
async fn closing_gives_the_reward_back_once() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let claim = world.claim("mdoe3", gig.id).await;
    let closed: Value = ok(&world.close(gig.id).await).json();
    assert_eq!((&closed["active"], &closed["state"]), (&json!(false), &json!("closed")));
    ok(&world.close(gig.id).await);
    ok(&world.issuer().delete(&format!("/gigs/{}", gig.id)).await);
    assert_eq!(world.state_of_claim(claim.id).await, ClaimState::Rejected);
    world.deliver().await;
    assert_eq!((world.bank.balance("jsmith2"), world.bank.escrow()), (1000, 0));
    assert_eq!(
        world.bank.descriptions()[1..],
        [format!("Returned from gig {}: Paint the fence", gig.id)]
    );
    assert_eq!(world.accept(claim.id).await.status, 409);
}

#[tokio::test]
async fn fifty_cancellations_at_once_give_back_once() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let tries: Vec<_> = (0..50)
        .map(|index| {
            let (issuer, path) = (world.issuer(), format!("/gigs/{}", gig.id));
            tokio::spawn(async move {
                if index % 5 == 0 {
                    issuer.delete(&path).await
                } else {
                    issuer.put(&path, &json!({ "active": "false" })).await
                }
            })
        })
        .collect();
    for reply in tries {
        assert!([200, 404].contains(&reply.await.unwrap().status.as_u16()));
    }
    world.deliver().await;
    assert_eq!((world.bank.balance("jsmith2"), world.bank.escrow()), (1000, 0));
    assert_eq!(world.bank.descriptions().len(), 2);
}

#[tokio::test]
async fn a_refund_waits_for_the_bank_and_comes_once() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    world.bank.set_mood(Mood::LosesAnswers);
    ok(&world.close(gig.id).await);
    world.worker().deliver_due().await.unwrap();
    world.bank.set_mood(Mood::Works);
    world.deliver().await;
    assert_eq!((world.bank.balance("jsmith2"), world.bank.escrow()), (1000, 0));
}

#[tokio::test]
async fn a_deleted_gig_is_gone_while_its_claims_stay_for_those_concerned() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let claim = world.claim("mdoe3", gig.id).await;
    ok(&world.accept(claim.id).await);
    let path = format!("/gigs/{}", gig.id);
    assert_eq!(world.app.member("mdoe3").delete(&path).await.status, 403);
    let reply = world.app.officer("admin2").delete(&path).await;
    let message = json!({ "message": format!("Deleted gig {}", gig.id) });
    assert_eq!(ok(&reply).json::<Value>(), message);
    for reply in [world.issuer().get(&path).await, world.issuer().delete(&path).await] {
        assert_eq!(refusal(&reply), refused(404, "Invalid gig id"));
    }
    assert!(world.found(&world.issuer(), "").await.is_empty());

    let claims = format!("/gigs/claims?gig_id={}", gig.id);
    for (person, sees) in [
        (world.issuer(), 1),
        (world.app.member("mdoe3"), 1),
        (world.app.officer("admin2"), 1),
        (world.app.member("adam"), 0),
        (world.app.client(), 0),
    ] {
        assert_eq!(ok(&person.get(&claims).await).json::<Vec<Value>>().len(), sees);
        let one = person.get(&format!("/gigs/claims/{}", claim.id)).await;
        assert_eq!(one.status, if sees == 1 { 200 } else { 404 });
    }
    // The payment that was on its way arrives, and nothing comes back.
    world.deliver().await;
    assert_eq!((world.bank.balance("mdoe3"), world.bank.balance("jsmith2")), (300, 700));
}

#[tokio::test]
async fn others_do_not_close_a_gig_and_a_closed_one_stays_closed() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let path = format!("/gigs/{}", gig.id);
    for person in [world.app.member("mdoe3"), world.app.officer("admin2")] {
        let reply = person.put(&path, &json!({ "active": false })).await;
        assert_eq!(refusal(&reply), refused(403, "Only the issuer of a gig may do this"));
    }
    let both = world.issuer().put(&path, &json!({ "active": false, "credits": 1 })).await;
    assert_eq!(refusal(&both), refused(400, "Close a gig or edit it, not both at once"));
    ok(&world.close(gig.id).await);
    let reply = world.issuer().put(&path, &json!({ "active": true })).await;
    assert_eq!(
        refusal(&reply),
        refused(409, "A gig that is closed stays closed: post another one")
    );
    let reply = world.issuer().put(&path, &json!({ "title": "Paint the shed" })).await;
    assert_eq!(reply.status, 409);

    let chapter = world.post_admin_gig("Clean the office", 300).await;
    let path = format!("/gigs/{}", chapter.id);
    ok(&world.app.officer("admin3").put(&path, &json!({ "active": false })).await);
    assert_eq!(world.state_of(chapter.id).await, GigState::Closed);
    world.deliver().await;
    assert_eq!(world.bank.escrow(), 0);
}

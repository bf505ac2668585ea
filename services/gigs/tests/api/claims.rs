//! Claiming a gig, and taking a claim back.

use std::collections::BTreeMap;

use grove_shared::api::gigs::{Claim, ClaimState};
use serde_json::{Value, json};

use crate::{World, ok, refusal, refused};

#[tokio::test]
async fn a_claim_names_the_issuer_of_its_gig() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let claim: Value = ok(&world.try_claim("mdoe3", gig.id).await).json();
    assert_eq!(
        claim,
        json!({
            "id": claim["id"],
            "gig_id": gig.id,
            "claimant": "mdoe3",
            "issuer": "jsmith2",
            "fulfilled": false,
            "state": "pending",
            "created_at": "2026-10-01T12:00:00Z",
        })
    );
    let number = json!({ "claimant": "adam", "gig_id": gig.id });
    ok(&world.app.member("adam").post("/gigs/claims", &number).await);
    let shown: Value =
        world.app.client().get(&format!("/gigs/claims/{}", claim["id"])).await.json();
    assert_eq!(shown, claim);
}

#[tokio::test]
async fn nobody_claims_their_own_gig_or_twice_or_for_another() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let own = world.try_claim("jsmith2", gig.id).await;
    assert_eq!(refusal(&own), refused(400, "Cannot claim your own gig"));
    world.claim("mdoe3", gig.id).await;
    let twice = world.try_claim("mdoe3", gig.id).await;
    assert_eq!(refusal(&twice), refused(400, "Cannot double claim a gig"));
    for person in [world.app.member("adam"), world.app.officer("admin2")] {
        let reply =
            person.post("/gigs/claims", &json!({ "claimant": "zroe", "gig_id": gig.id })).await;
        assert_eq!(refusal(&reply), refused(403, "A gig is claimed in one's own name"));
    }
    ok(&world.close(gig.id).await);
    let late = world.try_claim("adam", gig.id).await;
    assert_eq!(refusal(&late), refused(400, "Cannot claim an inactive gig"));
}

#[tokio::test]
async fn of_fifty_claims_of_one_member_at_once_one_is_taken() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let tries: Vec<_> = (0..50)
        .map(|_| {
            let (member, id) = (world.app.member("mdoe3"), gig.id);
            tokio::spawn(async move {
                let claim = json!({ "claimant": "mdoe3", "gig_id": id });
                member.post("/gigs/claims", &claim).await.status.as_u16()
            })
        })
        .collect();
    let mut counts = BTreeMap::new();
    for status in tries {
        *counts.entry(status.await.unwrap()).or_insert(0) += 1;
    }
    assert_eq!(counts, BTreeMap::from([(200, 1), (400, 49)]));
    world.deliver().await;
    assert_eq!(world.bank.mails().len(), 1);
}

#[tokio::test]
async fn a_rejected_claim_is_final_and_a_withdrawn_one_is_not() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let (first, second) = (world.claim("mdoe3", gig.id).await, world.claim("adam", gig.id).await);
    let (first, second) =
        (format!("/gigs/claims/{}", first.id), format!("/gigs/claims/{}", second.id));
    assert_eq!(
        refusal(&world.app.member("zroe").delete(&first).await),
        refused(403, "Only the issuer of the gig and the claimant may do this")
    );
    let reply = world.issuer().delete(&first).await;
    assert!(ok(&reply).json::<Value>()["message"].as_str().unwrap().starts_with("Deleted claim "));
    ok(&world.app.member("adam").delete(&second).await);

    let again = world.try_claim("mdoe3", gig.id).await;
    assert_eq!(refusal(&again), refused(400, "The issuer rejected your claim on this gig"));
    let claim = world.claim("adam", gig.id).await;
    assert_eq!(claim.state, ClaimState::Pending);
    ok(&world.app.officer("admin2").delete(&second).await);
    let over = world.issuer().delete(&second).await;
    assert_eq!(refusal(&over), refused(409, "The claim was rejected or withdrawn"));
    assert_eq!(world.issuer().delete("/gigs/claims/99").await.error(), "Invalid claim id");

    // Clients that do not ask for them never see them.
    let list = format!("/gigs/claims?gig_id={}", gig.id);
    assert_eq!(world.issuer().get(&list).await.json::<Value>(), json!([]));
    let rejected = format!("{list}&state=rejected,withdrawn");
    for (person, sees) in [
        (world.issuer(), 2),
        (world.app.member("mdoe3"), 1),
        (world.app.member("zroe"), 0),
        (world.app.client(), 0),
    ] {
        assert_eq!(ok(&person.get(&rejected).await).json::<Vec<Claim>>().len(), sees);
    }
    assert_eq!(world.app.client().get(&first).await.status, 404);
}

#[tokio::test]
async fn an_accepted_claim_cannot_be_deleted() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let claim = world.claim("mdoe3", gig.id).await;
    ok(&world.accept(claim.id).await);
    let path = format!("/gigs/claims/{}", claim.id);
    for person in [world.issuer(), world.app.member("mdoe3"), world.app.officer("admin2")] {
        let reply = person.delete(&path).await;
        assert_eq!(refusal(&reply), refused(409, "Claim already fulfilled"));
    }
    world.deliver().await;
    assert_eq!(world.bank.balance("mdoe3"), 300);
}

#[tokio::test]
async fn claims_are_listed_newest_first_as_a_bare_array() {
    let world = World::new().await;
    let (one, two) = (world.post("One", 10).await, world.post("Two", 10).await);
    let mut ids = Vec::new();
    for (claimant, gig) in [("mdoe3", one.id), ("adam", one.id), ("mdoe3", two.id)] {
        ids.insert(0, world.claim(claimant, gig).await.id);
    }
    let listed = async |query: &str| {
        let reply = world.app.client().get(&format!("/gigs/claims?{query}")).await;
        ok(&reply).json::<Vec<Claim>>().into_iter().map(|claim| claim.id).collect::<Vec<_>>()
    };
    assert_eq!(listed("").await, ids);
    assert_eq!(listed(&format!("gig_id={}", one.id)).await, ids[1..]);
    assert_eq!(listed("claimant=mdoe3").await, [ids[0], ids[2]]);
    assert_eq!(listed(&format!("claimant=mdoe3&gig_id={}", two.id)).await, ids[..1]);
    assert_eq!(listed("gig_id=99").await, [0; 0]);
}

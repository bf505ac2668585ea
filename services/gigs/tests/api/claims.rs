//! Claiming a gig, and taking a claim back.

use std::collections::BTreeMap;

use grove_credits_api::fake::{Failure, Operation};
use grove_gigs_api::{Claim, ClaimState};
use grove_shared::{Standing, page::Page};
use http::StatusCode;
use serde_json::{Value, json};

use crate::{World, form, ok, refusal, refused};

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
async fn a_claim_that_is_withdrawn_and_made_again_is_told_once() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    for _ in 0..3 {
        let claim = world.claim("mdoe3", gig.id).await;
        ok(&world.app.member("mdoe3").delete(&format!("/gigs/claims/{}", claim.id)).await);
    }
    world.claim("mdoe3", gig.id).await;
    world.claim("adam", gig.id).await;
    world.deliver().await;
    let mails = world.bank.mails();
    assert_eq!(mails.len(), 2, "{mails:?}");
}

#[tokio::test]
async fn a_gig_is_claimed_by_someone_who_can_be_paid() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let reply = world.try_claim("newbie1", gig.id).await;
    let error = "There is no account for your credits yet, please try again in a minute";
    assert_eq!(refusal(&reply), refused(409, error));
    world.bank.credits.fail(Operation::Balance, Failure::Refused(StatusCode::BAD_GATEWAY), 1);
    assert_eq!(world.try_claim("newbie1", gig.id).await.status, 503);
    assert_eq!(world.issuer().get("/gigs/claims").await.json::<Value>(), json!([]));
    world.bank.set_balance("newbie1", 0);
    world.claim("newbie1", gig.id).await;
}

#[tokio::test]
async fn only_members_of_today_post_and_claim() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    for standing in [Standing::Applicant, Standing::Expired] {
        let person = world.app.standing("mdoe3", &[], standing);
        let claim = json!({ "claimant": "mdoe3", "gig_id": gig.id });
        let mut new = form("Paint the shed", 10);
        new["issuer"] = json!("mdoe3");
        for reply in [person.post("/gigs/claims", &claim).await, person.post("/gigs", &new).await] {
            assert_eq!(reply.status, 403);
            assert!(reply.error().starts_with("This is for members"), "{}", reply.error());
        }
    }
    // What has begun may be ended.
    let former = world.app.standing("jsmith2", &[], Standing::Expired);
    let claim = world.claim("mdoe3", gig.id).await;
    ok(&former.put(&format!("/gigs/claims/{}", claim.id), &json!({})).await);
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

#[tokio::test]
async fn claims_are_read_page_by_page() {
    let world = World::new().await;
    let gig = world.post("One", 10).await;
    let mut ids = Vec::new();
    for claimant in ["mdoe3", "adam", "zroe", "ab1", "ab2"] {
        ids.insert(0, world.claim(claimant, gig.id).await.id);
    }
    let mut path = Some(format!("/gigs/claims?gig_id={}&limit=2", gig.id));
    let (mut seen, mut pages) = (Vec::new(), 0);
    while let Some(next) = path {
        let reply = world.app.client().get(&next).await;
        let page: Page<Claim> = ok(&reply).json();
        seen.extend(page.items.into_iter().map(|claim| claim.id));
        pages += 1;
        path = reply.headers.get("link").map(|link| {
            let link = link.to_str().unwrap().strip_suffix(">; rel=\"next\"").unwrap();
            link.strip_prefix('<').unwrap().to_owned()
        });
        assert_eq!(path.is_some(), page.next.is_some());
    }
    assert_eq!((seen, pages), (ids, 3));
}

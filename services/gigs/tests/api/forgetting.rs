//! What is kept of a person, and what is left when they are forgotten.

use chrono::TimeDelta;
use grove_credits_api::fake::{Failure, Operation};
use grove_gigs_api::{Claim, ClaimState, Gig, GigState};
use grove_shared::personal_data::Forgotten;
use grove_testing::Reply;
use http::StatusCode;
use serde_json::{Value, json};

use crate::{World, accountability::log, bank::Mood, form, ok, refusal, refused};

impl World {
    /// Everything that is kept of a person.
    async fn kept(&self, netid: &str) -> Value {
        let path = format!("/internal/personal-data/{netid}");
        ok(&self.app.service("users").get(&path).await).json()
    }

    async fn try_forget(&self, netid: &str) -> Reply {
        let body = json!({ "netid": netid });
        self.app.service("users").post("/internal/personal-data/forget", &body).await
    }

    async fn forget(&self, netid: &str) -> Forgotten {
        ok(&self.try_forget(netid).await).json()
    }

    /// With something of `jsmith2` in each table: a gig that `mdoe3` did and one that is open and claimed,
    /// claims that were paid, are open and were withdrawn, a decision as an officer, a key.
    async fn with_past() -> Past {
        let world = Self::new().await;
        world.bank.set_balance("mdoe3", 1000);
        let done = world.post("Paint the fence", 300).await.id;
        let accepted = world.claim("mdoe3", done).await.id;
        ok(&world.accept(accepted).await);
        let body = form("Paint the shed", 100);
        let open = ok(&world.issuer().post_once("/gigs", &body, "my-key").await).json::<Gig>().id;
        world.claim("adam", open).await;

        let mut theirs = Vec::new();
        for title in ["Walk the dog", "Feed the cat", "Milk the cow"] {
            let mut body = form(title, 50);
            body["issuer"] = json!("mdoe3");
            let gig = ok(&world.app.member("mdoe3").post("/gigs", &body).await).json::<Gig>().id;
            theirs.push((gig, world.claim("jsmith2", gig).await.id));
        }
        let path = |claim: u64| format!("/gigs/claims/{claim}");
        ok(&world.app.member("mdoe3").put(&path(theirs[0].1), &json!({})).await);
        ok(&world.issuer().delete(&path(theirs[1].1)).await);
        let rejected = world.claim("zroe", theirs[1].0).await.id;
        ok(&world.app.officer("jsmith2").delete(&path(rejected)).await);
        let ((paid, claim), (waiting, _)) = (theirs[0], theirs[2]);
        Past { world, done, open, paid, claim, waiting }
    }
}

struct Past {
    world: World,
    /// Gigs of `jsmith2`.
    done: u64,
    open: u64,
    /// Gigs of `mdoe3`: one that `jsmith2` did by this claim, and one that they want to do.
    paid: u64,
    claim: u64,
    waiting: u64,
}

/// Where the log names someone who was an officer.
const LOGGED: &str = "audit_log.actor";

#[tokio::test]
async fn everything_of_a_person_is_told() {
    let Past { world, done, open, paid, .. } = World::with_past().await;
    assert_eq!(world.kept("nobody1").await, Value::Null);
    let told = world.kept("jsmith2").await;
    let data = &told["data"];
    let of = |part: &str, member: &str| -> Vec<Value> {
        data[part].as_array().unwrap().iter().map(|entry| entry[member].clone()).collect()
    };
    assert_eq!(of("gigs", "id"), [done, open]);
    assert_eq!(of("gigs", "title"), ["Paint the fence", "Paint the shed"]);
    assert_eq!(of("gigs", "state"), ["fulfilled", "open"]);
    assert_eq!(of("credits_asked_for", "amount"), [300, 100]);
    assert_eq!(of("claims", "state"), ["accepted", "withdrawn", "pending"]);
    assert_eq!(of("claims", "gig")[0], paid);
    assert_eq!(of("claims_decided_on", "state"), ["accepted", "rejected"]);
    assert_eq!(of("requests", "idempotency_key"), ["my-key"]);
    let effects = of("credits_and_mails", "what");
    // The payment; their mails; and those that say that they claimed a gig.
    assert!(effects.contains(&json!("The payment of 50 credits for the gig \"Walk the dog\"")));
    assert_eq!(effects.len(), 7, "{effects:?}");
    assert_eq!(told["changes"][0]["action"], "rejected");
}

#[tokio::test]
async fn everything_of_a_person_is_forgotten_but_what_others_did_or_paid() {
    let Past { world, done, open, paid, claim, waiting } = World::with_past().await;
    assert_eq!(
        world.db.tables_mentioning("jsmith2").await,
        [
            LOGGED,
            "claims.claimant",
            "claims.decided_by",
            "gigs.issuer",
            "idempotency_keys.caller",
            "outbox.body",
            "outbox.concerns",
            "outbox.what",
        ]
    );
    // The reward of the open gig comes back first, and the payment for what they did.
    let waits = refused(503, "Credits of theirs are on their way");
    assert_eq!(refusal(&world.try_forget("jsmith2").await), waits);
    assert_eq!(refusal(&world.try_forget("jsmith2").await), waits);
    assert_eq!(world.state_of(open).await, GigState::Closed);
    world.deliver().await;
    assert_eq!(world.bank.balance("jsmith2"), 1000 - 300 + 50);
    let moved = world.bank.descriptions().len();

    let forgotten = world.forget("jsmith2").await;
    let removed: Vec<_> = forgotten.removed.iter().map(|gone| (&*gone.what, gone.count)).collect();
    assert_eq!(
        removed,
        [
            ("gigs that nobody did", 1),
            ("the name of who offered a gig", 1),
            ("claims that were not paid", 2),
            ("the name of who did a gig", 1),
            ("the name of who decided on a claim", 2),
            ("what credits and notifications were asked for", 8),
            ("requests that could have been repeated", 1),
        ]
    );
    assert_eq!(forgotten.kept.len(), 2);
    let again = world.forget("jsmith2").await;
    assert_eq!((again.removed.len(), again.kept.len()), (0, 1));
    // For two minutes it is remembered that requests of theirs may be on their way.
    let left = world.db.tables_mentioning("jsmith2").await;
    assert_eq!(left, ["audit_log.about", LOGGED, "audit_log.object", "forgotten.netid"]);
    assert_eq!(world.kept("jsmith2").await, Value::Null);

    let client = world.app.client();
    let gig: Gig = ok(&client.get(&format!("/gigs/{done}")).await).json();
    assert_eq!((gig.issuer.as_str(), gig.state), ("a former member", GigState::Paid));
    let claims: Vec<Claim> = ok(&client.get(&format!("/gigs/claims?gig_id={paid}")).await).json();
    assert_eq!((claims.len(), claims[0].id), (1, claim));
    assert_eq!((&*claims[0].claimant, &*claims[0].issuer), ("a former member", "mdoe3"));
    assert_eq!(client.get(&format!("/gigs/{open}")).await.status, 404);
    assert!(ok(&client.get(&format!("/gigs/claims?gig_id={waiting}")).await).body == b"[]");
    world.deliver().await;
    assert_eq!(world.bank.descriptions().len(), moved, "nothing moves twice");
}

#[tokio::test]
async fn who_did_a_gig_is_paid_although_its_issuer_is_forgotten() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await.id;
    let claim = world.claim("mdoe3", gig).await.id;
    ok(&world.accept(claim).await);
    world.forget("jsmith2").await;
    assert_eq!(world.state_of(gig).await, GigState::Paying);
    world.deliver().await;
    assert_eq!((world.bank.balance("mdoe3"), world.bank.escrow()), (300, 0));
    assert_eq!(world.state_of(gig).await, GigState::Paid);
    assert_eq!(world.state_of_claim(claim).await, ClaimState::Accepted);
}

#[tokio::test]
async fn who_comes_back_under_the_name_begins_anew() {
    let Past { world, done, waiting, claim, .. } = World::with_past().await;
    world.try_forget("jsmith2").await;
    world.deliver().await;
    world.forget("jsmith2").await;
    let issuer = world.issuer();
    assert_eq!(
        refusal(&world.try_post("Paint the fence", 10).await),
        refused(403, "You are being forgotten here, so nothing of yours can begin")
    );

    world.clock.advance(TimeDelta::minutes(2));
    for query in ["issuer=jsmith2", "claimed_by=jsmith2"] {
        assert!(world.found(&issuer, query).await.is_empty());
    }
    let claims = "/gigs/claims?claimant=jsmith2&state=pending,accepted,rejected,withdrawn";
    assert_eq!(ok(&issuer.get(claims).await).json::<Value>(), json!([]));
    assert_eq!(issuer.delete(&format!("/gigs/{done}")).await.status, 403);
    assert_eq!(issuer.delete(&format!("/gigs/claims/{claim}")).await.status, 403);
    assert!(log(&issuer).await.is_empty());
    // The key that they used before is free, and the gig that they wanted to do can be claimed.
    let posted = issuer.post_once("/gigs", &form("Paint the roof", 10), "my-key").await;
    assert_eq!(ok(&posted).json::<Gig>().title, "Paint the roof");
    world.claim("jsmith2", waiting).await;
}

#[tokio::test]
async fn a_gig_that_is_being_posted_gives_back_what_it_takes() {
    let world = World::new().await;
    world.bank.hesitate();
    let issuer = world.issuer();
    let post =
        tokio::spawn(async move { issuer.post("/gigs", &form("Paint the fence", 300)).await });
    while world.bank.keys().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.try_forget("jsmith2").await.status, 503);
    world.bank.push();
    assert_eq!(post.await.unwrap().status, 402);
    assert_eq!(world.try_forget("jsmith2").await.status, 503);
    world.deliver().await;
    assert_eq!((world.bank.balance("jsmith2"), world.bank.escrow()), (1000, 0));
    world.forget("jsmith2").await;
    assert_eq!(world.db.tables_mentioning("jsmith2").await, ["forgotten.netid"]);
}

#[tokio::test]
async fn nothing_begins_for_someone_who_is_forgotten_while_they_ask() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await.id;
    // They have an account, but credits are slow to tell.
    world.bank.credits.fail(Operation::Balance, Failure::Delayed, 1);
    let (claimant, claim) =
        (world.app.member("mdoe3"), json!({ "claimant": "mdoe3", "gig_id": gig }));
    let asked = world.bank.credits.received().len();
    let request = tokio::spawn(async move { claimant.post("/gigs/claims", &claim).await });
    while world.bank.credits.received().len() == asked {
        tokio::task::yield_now().await;
    }
    world.forget("mdoe3").await;
    world.bank.push();
    assert_eq!(request.await.unwrap().status, 403);
    assert_eq!(world.db.tables_mentioning("mdoe3").await, ["forgotten.netid"]);
}

#[tokio::test]
async fn whoever_decides_while_people_are_forgotten_does_so_before_or_after() {
    let world = World::new().await;
    let gigs =
        [world.post("Paint the fence", 10).await.id, world.post("Feed the cat", 10).await.id];
    let chapter = world.post_admin_gig("Clean the office", 10).await.id;
    let mut tasks = Vec::new();
    for claimant in ["mdoe3", "zroe", "adam", "ab1", "ab2"] {
        for gig in [gigs[0], gigs[1], chapter] {
            let (member, officer) = (world.app.member(claimant), world.app.officer("admin2"));
            let claim = json!({ "claimant": claimant, "gig_id": gig });
            tasks.push(tokio::spawn(async move {
                let claimed = member.post("/gigs/claims", &claim).await;
                if claimed.status == 200 {
                    let path = format!("/gigs/claims/{}", claimed.json::<Claim>().id);
                    return officer.delete(&path).await;
                }
                claimed
            }));
        }
    }
    for netid in ["jsmith2", "mdoe3", "zroe"] {
        let (users, body) = (world.app.service("users"), json!({ "netid": netid }));
        tasks.push(tokio::spawn(async move {
            users.post("/internal/personal-data/forget", &body).await
        }));
    }
    for task in tasks {
        let reply = task.await.unwrap();
        let is_credits_wait = reply.status == 503 && reply.error().starts_with("Credits of theirs");
        let is_expected = [200, 400, 403, 404, 409].contains(&reply.status.as_u16());
        assert!(is_expected || is_credits_wait, "{}", String::from_utf8_lossy(&reply.body));
    }
    world.deliver().await;
    for netid in ["jsmith2", "mdoe3", "zroe"] {
        world.forget(netid).await;
        let left = world.db.tables_mentioning(netid).await;
        let is_known =
            |place: &String| place.starts_with("audit_log.") || place == "forgotten.netid";
        assert!(left.iter().all(is_known), "{left:?}");
    }
    assert_eq!(world.bank.balance("jsmith2"), 1000);
}

#[tokio::test]
async fn whom_credits_know_no_more_waits_for_nothing() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await.id;
    world.bank.set_mood(Mood::Away);
    assert_eq!(world.try_post("Paint the shed", 100).await.status, 503);
    // Whether they have an account cannot be known now.
    assert_eq!(world.try_forget("jsmith2").await.status, 503);
    world.bank.set_mood(Mood::Works);
    world.bank.credits.fail(Operation::Balance, Failure::Refused(StatusCode::NOT_FOUND), 1);
    world.forget("jsmith2").await;
    assert_eq!(world.db.tables_mentioning("jsmith2").await, ["forgotten.netid"]);
    assert_eq!(world.issuer().get(&format!("/gigs/{gig}")).await.status, 404);
}

#[tokio::test]
async fn only_users_asks_for_personal_data() {
    let world = World::new().await;
    let app = &world.app;
    for who in [app.officer("admin2"), app.member("jsmith2"), app.client(), app.service("credits")]
    {
        let reply = who.get("/internal/personal-data/jsmith2").await;
        assert!([401, 403].contains(&reply.status.as_u16()));
        let body = json!({ "netid": "jsmith2" });
        let reply = who.post("/internal/personal-data/forget", &body).await;
        assert!([401, 403].contains(&reply.status.as_u16()));
    }
}

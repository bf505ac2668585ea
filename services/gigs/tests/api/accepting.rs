//! Accepting a claim: the claimant is paid exactly once.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use grove_credits_api::fake::{Failure, Operation};
use grove_gigs_api::{ClaimState, GigState};
use grove_outbox::retention;
use http::StatusCode;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{FAR_BEYOND_THE_BACKOFF, World, bank::Mood, ok, refusal, refused};

#[tokio::test]
async fn an_accepted_claim_is_paid_from_escrow() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let (winner, loser) = (world.claim("mdoe3", gig.id).await, world.claim("adam", gig.id).await);
    let reply = world.accept(winner.id).await;
    let message = json!({ "message": format!("Fulfilled claim {}", winner.id) });
    assert_eq!(ok(&reply).json::<Value>(), message);
    assert_eq!(world.state_of(gig.id).await, GigState::Paying);
    assert_eq!(world.state_of_claim(winner.id).await, ClaimState::Accepted);
    assert_eq!(world.state_of_claim(loser.id).await, ClaimState::Rejected);

    world.deliver().await;
    assert_eq!(world.state_of(gig.id).await, GigState::Paid);
    assert_eq!((world.bank.balance("mdoe3"), world.bank.balance("jsmith2")), (300, 700));
    assert_eq!(world.bank.descriptions()[1], format!("Gig {}: Paint the fence", gig.id));
    let mail = |to: &str, subject: &str| (format!("{to}@example.edu"), subject.to_owned());
    assert_eq!(
        world.bank.mails(),
        [
            mail("adam", "Your claim was not accepted: Paint the fence"),
            mail("jsmith2", "adam would like to do your gig: Paint the fence"),
            mail("jsmith2", "mdoe3 would like to do your gig: Paint the fence"),
            mail("mdoe3", "Your claim was accepted: Paint the fence"),
        ]
    );
}

#[tokio::test]
async fn a_second_acceptance_is_refused() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let (winner, loser) = (world.claim("mdoe3", gig.id).await, world.claim("adam", gig.id).await);
    ok(&world.accept(winner.id).await);
    assert_eq!(refusal(&world.accept(winner.id).await), refused(409, "Claim already fulfilled"));
    let other = world.accept(loser.id).await;
    assert_eq!(refusal(&other), refused(409, "The claim was rejected or withdrawn"));
    assert_eq!(refusal(&world.accept(99).await), refused(404, "Invalid claim id"));
    assert_eq!(world.try_claim("zroe", gig.id).await.error(), "Cannot claim an inactive gig");
    world.deliver().await;
    assert_eq!(world.bank.descriptions().len(), 2);
}

#[tokio::test]
async fn only_the_issuer_accepts() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let claim = world.claim("mdoe3", gig.id).await;
    let path = format!("/gigs/claims/{}", claim.id);
    let others = [world.app.member("mdoe3"), world.app.member("adam"), world.app.officer("admin2")];
    for other in others {
        let reply = other.put(&path, &json!({})).await;
        assert_eq!(refusal(&reply), refused(403, "Only the issuer of a gig may do this"));
    }
    assert_eq!(world.app.client().put(&path, &json!({})).await.status, 401);
    // The body is ignored, so it may be missing.
    ok(&world.issuer().send(http::Method::PUT, &path, "").await);
}

#[tokio::test]
async fn of_fifty_acceptances_at_once_one_succeeds_and_pays() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let mut claims = Vec::new();
    for claimant in ["ab1", "ab2", "ab3", "ab4", "ab5"] {
        claims.push(world.claim(claimant, gig.id).await.id);
    }
    let tries: Vec<_> = (0..50)
        .map(|index| {
            let (issuer, claim) = (world.issuer(), claims[index % claims.len()]);
            tokio::spawn(async move {
                issuer.put(&format!("/gigs/claims/{claim}"), &json!({})).await.status.as_u16()
            })
        })
        .collect();
    let mut counts = BTreeMap::new();
    for status in tries {
        *counts.entry(status.await.unwrap()).or_insert(0) += 1;
    }
    assert_eq!(counts, BTreeMap::from([(200, 1), (409, 49)]));
    world.deliver().await;
    assert_eq!((world.bank.balance("jsmith2"), world.bank.escrow()), (700, 0));
    assert_eq!(world.bank.descriptions().len(), 2);
}

#[tokio::test]
async fn a_payment_is_made_once_whatever_dies_on_the_way() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let claim = world.claim("mdoe3", gig.id).await;
    ok(&world.accept(claim.id).await);

    // A worker takes the payment and dies before it calls.
    let taken = sqlx::query(
        "UPDATE outbox SET next_attempt_at = next_attempt_at + INTERVAL 30 SECOND,
                           attempts = attempts + 1 WHERE peer = 'credits'",
    );
    taken.execute(&world.db.pool()).await.unwrap();
    world.worker().deliver_due().await.unwrap();
    assert_eq!(world.bank.balance("mdoe3"), 0);
    // The bank pays, and its answer is lost, twice.
    world.bank.set_mood(Mood::LosesAnswers);
    for _ in 0..2 {
        world.clock.advance(FAR_BEYOND_THE_BACKOFF);
        world.worker().deliver_due().await.unwrap();
        assert_eq!(world.bank.balance("mdoe3"), 300);
        assert_eq!(world.state_of(gig.id).await, GigState::Paying);
    }
    // It is away.
    world.bank.set_mood(Mood::Away);
    world.clock.advance(FAR_BEYOND_THE_BACKOFF);
    world.worker().deliver_due().await.unwrap();
    world.bank.set_mood(Mood::Works);
    world.deliver().await;
    // A worker that died before it noted the delivery makes the call once more.
    let forgotten = sqlx::query("UPDATE outbox SET delivered_at = NULL WHERE peer = 'credits'");
    forgotten.execute(&world.db.pool()).await.unwrap();
    world.deliver().await;

    assert_eq!(world.state_of(gig.id).await, GigState::Paid);
    assert_eq!((world.bank.balance("mdoe3"), world.bank.escrow()), (300, 0));
    let keys = world.bank.keys();
    assert!(keys.len() == 6 && keys[1..].iter().all(|key| *key == keys[1]), "{keys:?}");
}

#[tokio::test]
async fn racing_accept_and_close_move_the_reward_once() {
    for round in 0..10 {
        let world = World::new().await;
        let gig = world.post("Paint the fence", 300).await;
        let claim = world.claim("mdoe3", gig.id).await;
        let (accepted, closed) = if round % 2 == 0 {
            tokio::join!(world.accept(claim.id), world.close(gig.id))
        } else {
            let (closed, accepted) = tokio::join!(world.close(gig.id), world.accept(claim.id));
            (accepted, closed)
        };
        assert!([200, 409].contains(&accepted.status.as_u16()), "{}", accepted.status);
        ok(&closed);
        world.deliver().await;
        let was_accepted = accepted.status == 200;
        let ends = (world.bank.balance("jsmith2"), world.bank.balance("mdoe3"));
        assert_eq!(ends, if was_accepted { (700, 300) } else { (1000, 0) });
        assert_eq!(world.bank.descriptions().len(), 2);
    }
}

#[tokio::test]
async fn a_payment_that_waits_does_not_hold_up_mails() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let claim = world.claim("mdoe3", gig.id).await;
    world.bank.set_mood(Mood::Away);
    ok(&world.accept(claim.id).await);
    world.clock.advance(TimeDelta::seconds(1));
    world.worker().deliver_due().await.unwrap();
    assert_eq!(world.bank.mails().len(), 2);
    assert_eq!(world.state_of(gig.id).await, GigState::Paying);
}

#[tokio::test]
async fn payments_do_not_wait_for_the_next_look_at_the_outbox() {
    const GIGS: usize = 5;
    let world = World::new().await;
    let mut claims = Vec::new();
    for number in 0..GIGS {
        let gig = world.post_admin_gig(&format!("Gig {number}"), 10).await;
        claims.push(world.claim("mdoe3", gig.id).await.id);
    }
    let stop = CancellationToken::new();
    let _stop = stop.clone().drop_guard();
    tokio::spawn(world.worker().run(stop));
    let began = Instant::now();
    for (paid, claim) in (1..).zip(claims) {
        ok(&world.app.officer("admin3").put(&format!("/gigs/claims/{claim}"), &json!({})).await);
        while world.bank.balance("mdoe3") < 10 * paid {
            assert!(began.elapsed() < Duration::from_secs(30), "nothing is paid");
            tokio::task::yield_now().await;
        }
    }
    // Each would wait for half a second, as the one before has just been delivered.
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

#[tokio::test]
async fn nothing_is_accepted_for_someone_who_cannot_be_paid() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let claim = world.claim("mdoe3", gig.id).await;
    world.bank.credits.fail(Operation::Balance, Failure::Refused(StatusCode::NOT_FOUND), 1);
    let reply = world.accept(claim.id).await;
    let error = "The claimant has no account that the credits could go to";
    assert_eq!(refusal(&reply), refused(409, error));
    assert_eq!(world.state_of(gig.id).await, GigState::Open);
    world.deliver().await;
    assert_eq!(world.bank.escrow(), 300);
    ok(&world.accept(claim.id).await);
}

#[tokio::test]
async fn a_paid_gig_stays_paid_when_its_effect_is_forgotten() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let claim = world.claim("mdoe3", gig.id).await;
    ok(&world.accept(claim.id).await);
    world.deliver().await;
    let years = world.clock.now() + TimeDelta::days(1000);
    assert!(retention::purge_delivered(&world.db.pool(), years).await.unwrap() > 0);
    assert_eq!(world.state_of(gig.id).await, GigState::Paid);
}

#[tokio::test]
async fn a_payment_of_a_gig_whose_title_is_not_clean_arrives() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let old = sqlx::query("UPDATE gigs SET title = CONCAT('Paint', ?, ' the fence')");
    old.bind("\u{202e}").execute(&world.db.pool()).await.unwrap();
    let claim = world.claim("mdoe3", gig.id).await;
    ok(&world.accept(claim.id).await);
    world.clock.advance(FAR_BEYOND_THE_BACKOFF);
    world.worker().deliver_due().await.unwrap();
    assert_eq!(world.bank.descriptions()[1], format!("Gig {}: Paint the fence", gig.id));
}

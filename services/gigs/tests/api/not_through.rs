//! What credits refuse for good reaches the people whom it concerns.

use chrono::TimeDelta;
use grove_credits_api::fake::{Failure, Operation};
use grove_gigs_api::GigState;
use grove_testing::Person;
use http::StatusCode;
use serde_json::{Value, json};

use crate::{World, ok};

const PAYMENT: &str = "The payment of 300 credits for the gig \"Paint the fence\"";

impl World {
    /// A gig of `jsmith2` that `mdoe3` did, of whose payment credits want to know nothing.
    async fn with_unpaid_gig() -> (Self, u64) {
        let world = Self::new().await;
        let gig = world.post("Paint the fence", 300).await.id;
        let claim = world.claim("mdoe3", gig).await;
        ok(&world.accept(claim.id).await);
        let refused = Failure::Refused(StatusCode::UNPROCESSABLE_ENTITY);
        world.bank.credits.fail(Operation::Transfer, refused, 1);
        world.worker().deliver_due().await.unwrap();
        (world, gig)
    }

    async fn gig(&self, gig: u64) -> Value {
        ok(&self.issuer().get(&format!("/gigs/{gig}")).await).json()
    }

    /// What officers see.
    async fn shown(&self) -> Value {
        ok(&self.app.officer("admin2").get("/outbox/gigs").await).json::<Value>()["effects"].take()
    }
}

/// What did not go through of what concerns this person.
async fn told(person: &Person) -> Vec<String> {
    let told: Vec<Value> = ok(&person.get("/outbox/gigs/mine").await).json();
    told.iter().map(|failed| failed["what"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn whom_it_concerns_is_told_and_officers_and_nobody_else_until_it_arrives() {
    let (world, gig) = World::with_unpaid_gig().await;
    let (doer, officer) = (world.app.member("mdoe3"), world.app.officer("admin2"));
    assert_eq!(told(&doer).await, [PAYMENT]);
    for other in [&world.issuer(), &officer] {
        assert!(told(other).await.is_empty());
    }
    assert_eq!(world.app.client().get("/outbox/gigs/mine").await.status, 401);

    let shown = world.shown().await[0].take();
    assert_eq!((&shown["what"], &shown["concerns"]), (&json!(PAYMENT), &json!("mdoe3")));
    let replay = format!("/outbox/gigs/{}/replay", shown["id"]);
    ok(&officer.post(&replay, &json!({})).await);
    assert!(told(&doer).await.is_empty(), "it is on its way again");
    world.deliver().await;
    assert_eq!((world.shown().await, told(&doer).await), (json!([]), vec![]));
    assert_eq!(world.state_of(gig).await, GigState::Paid);
}

#[tokio::test]
async fn a_gig_says_that_its_payment_did_not_go_through() {
    let (world, gig) = World::with_unpaid_gig().await;
    let unpaid = world.gig(gig).await;
    assert_eq!((&unpaid["state"], &unpaid["payment_failed"]), (&json!("paying"), &json!(true)));
    let listed = ok(&world.issuer().get("/gigs").await).json::<Value>();
    assert_eq!(listed["gigs"][0]["payment_failed"], true);

    let replay = format!("/outbox/gigs/{}/replay", world.shown().await[0]["id"]);
    ok(&world.app.officer("admin2").post(&replay, &json!({})).await);
    assert_eq!(world.gig(gig).await["payment_failed"], Value::Null);
    world.deliver().await;
    assert_eq!(world.gig(gig).await["state"], "paid");
}

#[tokio::test]
async fn what_comes_too_late_to_be_repeated_is_told_no_more() {
    let (world, _) = World::with_unpaid_gig().await;
    let doer = world.app.member("mdoe3");
    assert_eq!(told(&doer).await, [PAYMENT]);
    world.clock.advance(TimeDelta::days(366));
    assert!(told(&doer).await.is_empty());
    assert_eq!(world.shown().await[0]["what"], PAYMENT, "officers still see it");
}

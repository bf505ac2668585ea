//! Rewards of which it is not known at first whether they are reserved.

use chrono::TimeDelta;
use grove_gigs_api::GigState;

use crate::{FAR_BEYOND_THE_BACKOFF, World, bank::Mood, form, ok, refusal, refused};

#[tokio::test]
async fn a_gig_opens_when_the_bank_comes_back() {
    let world = World::new().await;
    world.bank.set_mood(Mood::Away);
    assert_eq!(world.try_post("Paint the fence", 300).await.status, 503);
    for _ in 0..3 {
        world.clock.advance(FAR_BEYOND_THE_BACKOFF);
        assert_eq!(world.reconciler().settle_due().await.unwrap(), 0);
    }
    world.bank.set_mood(Mood::Works);
    assert_eq!(world.reconciler().settle_due().await.unwrap(), 0, "not due yet");
    world.clock.advance(FAR_BEYOND_THE_BACKOFF);
    assert_eq!(world.reconciler().settle_due().await.unwrap(), 1);
    assert_eq!(world.state_of(1).await, GigState::Open);
    assert_eq!((world.bank.balance("jsmith2"), world.bank.escrow()), (700, 300));
    let keys = world.bank.keys();
    assert!(keys.len() == 5 && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[tokio::test]
async fn a_reward_whose_answer_was_lost_is_taken_once() {
    let world = World::new().await;
    world.bank.set_mood(Mood::LosesAnswers);
    assert_eq!(world.try_post("Paint the fence", 300).await.status, 503);
    world.bank.set_mood(Mood::Works);
    world.clock.advance(TimeDelta::seconds(1));
    assert_eq!(world.reconciler().settle_due().await.unwrap(), 1);
    assert_eq!(world.state_of(1).await, GigState::Open);
    assert_eq!((world.bank.balance("jsmith2"), world.bank.escrow()), (700, 300));
}

#[tokio::test]
async fn a_bank_that_hangs_is_not_waited_for() {
    let world = World::new().await;
    world.bank.set_mood(Mood::Hangs);
    assert_eq!(world.try_post("Paint the fence", 300).await.status, 503);
    world.bank.set_mood(Mood::Works);
    world.clock.advance(TimeDelta::seconds(1));
    assert_eq!(world.reconciler().settle_due().await.unwrap(), 1);
    assert_eq!(world.state_of(1).await, GigState::Open);
}

#[tokio::test]
async fn a_request_that_dies_while_it_asks_is_taken_up_after_its_lease() {
    let world = World::new().await;
    world.bank.set_mood(Mood::Hangs);
    let issuer = world.issuer();
    let request =
        tokio::spawn(async move { issuer.post("/gigs", &form("Paint the fence", 300)).await });
    while world.bank.keys().is_empty() {
        tokio::task::yield_now().await;
    }
    request.abort();
    world.bank.set_mood(Mood::Works);
    assert_eq!(world.reconciler().settle_due().await.unwrap(), 0);
    world.clock.advance(TimeDelta::seconds(15));
    assert_eq!(world.reconciler().settle_due().await.unwrap(), 1);
    assert_eq!(world.state_of(1).await, GigState::Open);
    assert_eq!(world.bank.escrow(), 300);
}

#[tokio::test]
async fn a_gig_vanishes_when_the_bank_comes_back_and_refuses() {
    let world = World::new().await;
    world.bank.set_mood(Mood::Away);
    assert_eq!(world.try_post("Paint the fence", 300).await.status, 503);
    world.bank.set_mood(Mood::Works);
    world.bank.set_balance("jsmith2", 0);
    world.clock.advance(FAR_BEYOND_THE_BACKOFF);
    assert_eq!(world.reconciler().settle_due().await.unwrap(), 1);
    assert!(world.found(&world.issuer(), "").await.is_empty());
}

#[tokio::test]
async fn a_refusal_of_our_identity_says_nothing_about_the_credits() {
    let world = World::new().await;
    world.bank.set_mood(Mood::LosesAnswers);
    assert_eq!(world.try_post("Paint the fence", 300).await.status, 503);
    world.bank.set_mood(Mood::Distrustful);
    world.clock.advance(FAR_BEYOND_THE_BACKOFF);
    assert_eq!(world.reconciler().settle_due().await.unwrap(), 0);
    assert_eq!(world.state_of(1).await, GigState::Reserving);
    world.bank.set_mood(Mood::Works);
    world.clock.advance(FAR_BEYOND_THE_BACKOFF);
    assert_eq!(world.reconciler().settle_due().await.unwrap(), 1);
    assert_eq!(world.state_of(1).await, GigState::Open);
}

#[tokio::test]
async fn whoever_asks_again_without_a_key_gets_the_gig_that_waits() {
    let world = World::new().await;
    world.bank.set_mood(Mood::Away);
    assert_eq!(world.try_post("Paint the fence", 300).await.status, 503);
    assert_eq!(world.try_post("Paint the fence", 300).await.status, 503);
    world.bank.set_mood(Mood::Works);
    world.clock.advance(FAR_BEYOND_THE_BACKOFF);
    let gig = world.post("Paint the fence", 300).await;
    assert_eq!((gig.id, gig.state), (1, GigState::Open));
    assert_eq!((world.bank.balance("jsmith2"), world.bank.escrow()), (700, 300));
    // The gig is there: another such request is another gig.
    assert_ne!(world.post("Paint the fence", 300).await.id, gig.id);
}

#[tokio::test]
async fn a_key_finds_the_gig_that_waits_and_is_refused_with_it() {
    let world = World::new().await;
    let (issuer, form) = (world.issuer(), form("Paint the fence", 300));
    world.bank.set_mood(Mood::Away);
    assert_eq!(issuer.post_once("/gigs", &form, "my-key").await.status, 503);
    world.bank.set_mood(Mood::Works);
    world.bank.set_balance("jsmith2", 100);
    world.clock.advance(FAR_BEYOND_THE_BACKOFF);
    let reply = issuer.post_once("/gigs", &form, "my-key").await;
    assert_eq!(refusal(&reply), refused(402, "This needs 300 credits, and 100 are available"));
}

#[tokio::test]
async fn what_is_reserved_for_a_gig_that_was_given_up_goes_back() {
    for answer_was_lost in [true, false] {
        let world = World::new().await;
        world.bank.set_mood(if answer_was_lost { Mood::LosesAnswers } else { Mood::Away });
        assert_eq!(world.try_post("Paint the fence", 300).await.status, 503);
        ok(&world.issuer().delete("/gigs/1").await);
        assert!(world.found(&world.issuer(), "").await.is_empty());
        world.bank.set_mood(Mood::Works);
        world.clock.advance(FAR_BEYOND_THE_BACKOFF);
        assert_eq!(world.reconciler().settle_due().await.unwrap(), 1);
        world.deliver().await;
        assert_eq!((world.bank.balance("jsmith2"), world.bank.escrow()), (1000, 0));
        assert_eq!(world.bank.descriptions().len(), 2);
    }
}

#[tokio::test]
async fn two_reconcilers_ask_once() {
    let world = World::new().await;
    world.bank.set_mood(Mood::Away);
    for title in ["One", "Two", "Three"] {
        assert_eq!(world.try_post(title, 100).await.status, 503);
    }
    world.bank.set_mood(Mood::Works);
    world.clock.advance(FAR_BEYOND_THE_BACKOFF);
    let (one, two) = (world.reconciler(), world.reconciler());
    let (one, two) = tokio::join!(one.settle_due(), two.settle_due());
    assert_eq!(one.unwrap() + two.unwrap(), 3);
    assert_eq!((world.bank.escrow(), world.bank.keys().len()), (300, 6));
}

#[tokio::test]
async fn a_success_after_a_refusal_goes_back() {
    let world = World::new().await;
    world.bank.hesitate();
    let issuer = world.issuer();
    let slow =
        tokio::spawn(async move { issuer.post("/gigs", &form("Paint the fence", 300)).await });
    while world.bank.keys().is_empty() {
        tokio::task::yield_now().await;
    }
    // The request outlives its lease; the next attempt finds no credits, and the first one does.
    world.bank.set_balance("jsmith2", 0);
    world.clock.advance(TimeDelta::seconds(15));
    assert_eq!(world.reconciler().settle_due().await.unwrap(), 1);
    world.bank.set_balance("jsmith2", 1000);
    world.bank.push();
    let reply = slow.await.unwrap();
    let error = "The gig was given up meanwhile; your credits come back";
    assert_eq!(refusal(&reply), refused(402, error));
    assert!(world.found(&world.issuer(), "").await.is_empty());
    world.deliver().await;
    assert_eq!((world.bank.balance("jsmith2"), world.bank.escrow()), (1000, 0));
}

#[tokio::test]
async fn two_answers_to_one_question_open_the_gig_once() {
    let world = World::new().await;
    world.bank.hesitate();
    let issuer = world.issuer();
    let slow =
        tokio::spawn(async move { issuer.post("/gigs", &form("Paint the fence", 300)).await });
    while world.bank.keys().is_empty() {
        tokio::task::yield_now().await;
    }
    world.clock.advance(TimeDelta::seconds(15));
    assert_eq!(world.reconciler().settle_due().await.unwrap(), 1);
    world.bank.push();
    ok(&slow.await.unwrap());
    world.deliver().await;
    assert_eq!((world.bank.balance("jsmith2"), world.bank.escrow()), (700, 300));
}

#[tokio::test]
async fn a_reward_is_asked_for_as_long_as_credits_know_its_key() {
    let world = World::new().await;
    world.bank.set_mood(Mood::LosesAnswers);
    assert_eq!(world.try_post("Paint the fence", 300).await.status, 503);
    world.bank.set_mood(Mood::Works);
    world.clock.advance(TimeDelta::days(300));
    assert_eq!(world.reconciler().settle_due().await.unwrap(), 1);
    assert_eq!(world.state_of(1).await, GigState::Open);

    world.bank.set_mood(Mood::LosesAnswers);
    assert_eq!(world.try_post("Paint the shed", 300).await.status, 503);
    world.bank.set_mood(Mood::Works);
    world.clock.advance(TimeDelta::days(400));
    assert_eq!(world.reconciler().settle_due().await.unwrap(), 0);
}

//! What becomes of a purchase when the machine or credits fail.

use std::time::Duration;

use futures_util::future::join_all;
use grove_merch_api::{Finding, ItemOutcome, Purchase};
use grove_vending_machine::FaultKind as F;
use http::StatusCode;
use serde_json::json;

use crate::{
    World,
    ledger::{Call, DOWN, Failure, LOST_ANSWER},
    world::{Plan, until},
};

const PROMPT: i64 = 30;

/// Buys a can from a slot of three while the machine fails like this; checks everything, and that it
/// was settled within half a minute.
async fn outcome_of(price: u32, faults: &[(F, u32)]) -> (World, Purchase) {
    let world = World::with(Plan::impatient()).await;
    let coke = world.stock("A1", "Coke", price, 3).await;
    for (fault, times) in faults {
        world.fault(*fault, *times);
    }
    let order = world.order_soon("jsmith2", &[coke]).await;
    let seconds = world.settle().await;
    assert!(seconds <= PROMPT, "{faults:?} took {seconds} s");
    let purchase = order.await.unwrap().json::<Purchase>();
    let purchase = world.purchase(purchase.id).await;
    let charged = purchase.items[0].outcome == ItemOutcome::Vended;
    let paid = if charged { i64::from(price) } else { 0 };
    assert_eq!(world.ledger.balance("jsmith2"), 1000 - paid, "{faults:?}");
    if !charged {
        assert_eq!(world.quantity("A1").await, 3, "{faults:?}");
        assert!(purchase.items[0].reason.is_some());
    }
    world.audit(3).await;
    (world, purchase)
}

#[tokio::test]
async fn each_fault_of_the_machine_ends_within_half_a_minute_and_nobody_pays_for_nothing() {
    use ItemOutcome::{Refunded, Unknown, Vended};
    let always = 1000;
    let cases: [(&[(F, u32)], ItemOutcome); 14] = [
        (&[], Vended),
        (&[(F::Error, 1)], Refunded),
        (&[(F::Error, 1), (F::NoVerdict, 3)], Refunded),
        (&[(F::Error, 1), (F::NoVerdict, always)], Unknown),
        (&[(F::Jam, 1)], Refunded),
        (&[(F::Hang, 1)], Unknown),
        (&[(F::HangAfterDrop, 1)], Vended),
        (&[(F::DieBeforeDrop, 1)], Unknown),
        (&[(F::DieAfterDrop, 1)], Unknown),
        (&[(F::LoseAnswer, 1)], Vended),
        (&[(F::LoseAnswer, 1), (F::NoVerdict, 5)], Vended),
        (&[(F::LoseAnswer, 1), (F::NoVerdict, always)], Unknown),
        (&[(F::LoseRequest, 3)], Vended),
        (&[(F::LoseRequest, always)], Refunded),
    ];
    for (faults, outcome) in cases {
        for price in [75, 0] {
            let (_, purchase) = outcome_of(price, faults).await;
            assert_eq!(purchase.items[0].outcome, outcome, "{faults:?}");
        }
    }
}

#[tokio::test]
async fn an_empty_slot_is_refunded() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 3).await;
    world.machine.fill("A1", 0);
    let order = world.order_soon("jsmith2", &[coke]).await;
    assert_eq!(world.settle().await, 0);
    let purchase: Purchase = order.await.unwrap().json();
    let reason = purchase.items[0].reason.as_deref();
    assert_eq!(reason, Some("The slot of the vending machine is empty"));
    world.audit(3).await;
}

#[tokio::test]
async fn an_unplugged_machine_is_refunded_at_once() {
    let mut world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 3).await;
    world.unplug();
    let order = world.order_soon("jsmith2", &[coke, coke]).await;
    assert_eq!(world.settle().await, 0);
    let purchase: Purchase = order.await.unwrap().json();
    for item in &purchase.items {
        assert_eq!(item.reason.as_deref(), Some("The vending machine could not be reached"));
    }
    assert_eq!(world.ledger.balance("jsmith2"), 1000);
    world.audit(3).await;
}

#[tokio::test]
async fn a_machine_that_dies_for_good_is_not_waited_for() {
    let mut world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 3).await;
    world.fault(F::DieAfterDrop, 1);
    let order = world.order_soon("jsmith2", &[coke, coke]).await;
    world.worker.settle_due().await.unwrap();
    world.unplug();
    assert!(world.settle().await <= PROMPT);
    assert_eq!(world.ledger.balance("jsmith2"), 1000);
    let purchase = world.purchase(order.await.unwrap().json::<Purchase>().id).await;
    assert_eq!(purchase.items[0].outcome, ItemOutcome::Unknown);
    // What was to follow is not even tried.
    let reason = purchase.items[1].reason.as_deref();
    assert_eq!(reason, Some("The vending machine stopped answering"));
    world.audit(3).await;
}

#[tokio::test]
async fn an_old_machine_sells_and_its_silence_is_an_unknown_outcome() {
    let world = World::with(Plan { old: true, ..Plan::impatient() }).await;
    let coke = world.stock("A1", "Coke", 75, 3).await;
    for fault in [None, Some(F::Error), Some(F::LoseAnswer), Some(F::Jam)] {
        if let Some(fault) = fault {
            world.fault(fault, 1);
        }
        let _order = world.order_soon("jsmith2", &[coke]).await;
        assert!(world.settle().await <= PROMPT);
    }
    assert_eq!(world.states().await, ["done", "unknown", "unknown", "refunded"]);
    assert_eq!(world.ledger.balance("jsmith2"), 925);
}

#[tokio::test]
async fn each_thing_of_a_purchase_stands_alone() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 10, 9).await;
    let tea = world.stock("B1", "Tea", 1, 9).await;
    world.fault(F::Jam, 1);
    let order = world.order_soon("jsmith2", &[coke, tea, coke, tea]).await;
    world.settle().await;
    let purchase: Purchase = order.await.unwrap().json();
    assert_eq!(world.states().await, ["refunded", "done", "done", "done"]);
    assert_eq!(purchase.cost, 12);
    assert_eq!(world.ledger.balance("jsmith2"), 988);
    world.audit(18).await;
}

#[tokio::test]
async fn each_failure_of_credits_is_outlived() {
    let calls = [(Call::Hold, false), (Call::Capture, false), (Call::Release, true)];
    let failures = [DOWN, LOST_ANSWER, Failure::Hangs, Failure::HangsAfterwards];
    let cases = calls.into_iter().flat_map(|call| failures.map(|failure| (call, failure)));
    join_all(cases.map(async |((call, jams), failure)| {
        let world = World::new().await;
        let coke = world.stock("A1", "Coke", 75, 3).await;
        if jams {
            world.fault(F::Jam, 1);
        }
        world.ledger.fail(call, failure, 1);
        let _order = world.order_soon("jsmith2", &[coke]).await;
        assert!(world.settle().await <= PROMPT);
        let expected = if jams { "refunded" } else { "done" };
        assert_eq!(world.states().await, [expected], "{call:?} {failure:?}");
        world.audit(3).await;
    }))
    .await;
}

#[tokio::test]
async fn without_credits_nothing_is_vended_and_nothing_stays_held() {
    for failure in [DOWN, LOST_ANSWER] {
        let world = World::new().await;
        let coke = world.stock("A1", "Coke", 75, 3).await;
        world.ledger.fail(Call::Hold, failure, 1000);
        let _order = world.order_soon("jsmith2", &[coke]).await;
        for _ in 0..60 {
            world.worker.settle_due().await.unwrap();
            world.clock.advance(chrono::TimeDelta::seconds(1));
        }
        assert_eq!(world.states().await, ["failed"]);
        assert_eq!(world.quantity("A1").await, 3);
        world.ledger.mend();
        world.settle().await;
        assert_eq!(world.states().await, ["refunded"]);
        assert!(world.machine.drops().is_empty());
        world.audit(3).await;
    }
}

#[tokio::test]
async fn what_fell_out_is_paid_when_credits_returns() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 3).await;
    world.ledger.fail(Call::Capture, DOWN, 100);
    let order = world.order_soon("jsmith2", &[coke]).await;
    world.settle().await;
    // The buyer did not wait for that.
    assert_eq!(order.await.unwrap().json::<Purchase>().items[0].outcome, ItemOutcome::Vended);
    assert_eq!(world.ledger.balance("jsmith2"), 925);
    world.audit(3).await;
}

#[tokio::test]
async fn an_officer_resolves_an_unknown_outcome_once() {
    let world = World::with(Plan::impatient()).await;
    let coke = world.stock("A1", "Coke", 75, 3).await;
    world.fault(F::DieAfterDrop, 1);
    let order = world.order_soon("jsmith2", &[coke]).await;
    world.settle().await;
    let id = order.await.unwrap().json::<Purchase>().id;
    assert_eq!(world.quantity("A1").await, 3);
    for _ in 0..2 {
        world.resolve(id, 1, Finding::Vended).await;
        assert_eq!(world.quantity("A1").await, 2);
    }
    let path = format!("/merch/purchases/{id}/items/1/resolve");
    let officer = world.officer();
    let reply = officer.post(&path, &json!({ "outcome": "failed" })).await;
    assert_eq!((reply.status.as_u16(), world.quantity("A1").await), (409, 2));
    assert_eq!(officer.post(&path, &json!({ "outcome": "eaten" })).await.status, 400);
    let vended = json!({ "outcome": "vended" });
    for nothing in ["/merch/purchases/99/items/1/resolve", "/merch/purchases/1/items/2/resolve"] {
        assert_eq!(officer.post(nothing, &vended).await.status, 404);
    }
    let order = world.order_soon("jsmith2", &[coke]).await;
    world.settle().await;
    let id = order.await.unwrap().json::<Purchase>().id;
    let reply = officer.post(&format!("/merch/purchases/{id}/items/1/resolve"), &vended).await;
    assert_eq!(reply.status, 409);
}

#[tokio::test]
async fn a_slot_that_was_given_away_gets_nothing_back() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 3).await;
    world.fault(F::Jam, 1);
    let order = world.order_soon("jsmith2", &[coke]).await;
    world.officer().put("/merch/locations/A1", &json!({})).await;
    world.stock("A1", "Tea", 5, 7).await;
    world.settle().await;
    drop(order);
    assert_eq!(world.quantity("A1").await, 7);
}

#[tokio::test]
async fn a_purchase_that_was_left_lying_is_not_vended_hours_later() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 3).await;
    let _order = world.order_soon("jsmith2", &[coke]).await;
    world.clock.advance(chrono::TimeDelta::hours(3));
    world.settle().await;
    assert_eq!(world.states().await, ["refunded"]);
    assert!(world.machine.drops().is_empty());
    world.audit(3).await;
}

#[tokio::test]
async fn a_request_never_waits_longer_than_a_person_does() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 3).await;
    let asked = std::time::Instant::now();
    let reply = world.order("jsmith2", &[coke]).await;
    assert_eq!(reply.json::<Purchase>().items[0].outcome, ItemOutcome::Pending);
    assert!(asked.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn what_credits_refuse_for_a_while_is_taken_or_given_back_in_the_end() {
    for status in [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::NOT_FOUND] {
        for (call, jams) in [(Call::Capture, false), (Call::Release, true)] {
            let world = World::new().await;
            let coke = world.stock("A1", "Coke", 75, 3).await;
            if jams {
                world.fault(F::Jam, 1);
            }
            world.ledger.fail(call, Failure::Refused(status), 20);
            let _order = world.order_soon("jsmith2", &[coke]).await;
            world.settle().await;
            assert_eq!(world.ledger.balance("jsmith2"), if jams { 1000 } else { 925 }, "{status}");
            world.audit(3).await;
        }
    }
}

#[tokio::test]
async fn a_hold_that_expired_is_neither_taken_nor_asked_for_again() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 3).await;
    world.ledger.fail(Call::Capture, DOWN, u32::MAX);
    let _order = world.order_soon("jsmith2", &[coke]).await;
    until(async || {
        world.worker.settle_due().await.unwrap();
        world.states().await == ["dropped"]
    })
    .await;
    world.ledger.credits.expire(1);
    world.ledger.mend();
    world.settle().await;
    assert_eq!(world.states().await, ["done"]);
    let item = &world.purchase(1).await.items[0];
    assert_eq!((item.charged, item.reason.as_deref()), (false, Some("It could not be charged")));
    assert_eq!(world.ledger.balance("jsmith2"), 1000);
}

#[tokio::test]
async fn a_hold_that_credits_forgot_is_given_up_after_it_has_expired() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 75, 3).await;
    let gone = Failure::Refused(StatusCode::NOT_FOUND);
    world.ledger.fail(Call::Capture, gone, u32::MAX);
    let _order = world.order_soon("jsmith2", &[coke]).await;
    for _ in 0..8 {
        world.worker.settle_due().await.unwrap();
        assert_eq!(world.states().await, ["dropped"]);
        world.clock.advance(chrono::TimeDelta::days(1));
    }
    world.clock.advance(chrono::TimeDelta::days(1));
    world.settle().await;
    assert_eq!(world.states().await, ["done"]);
}

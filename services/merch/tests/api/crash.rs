//! The worker dies at every step, and another takes up what it left.

use chrono::TimeDelta;
use grove_vending_machine::FaultKind as F;
use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::{
    World,
    ledger::{Call, DOWN, Failure, LOST_ANSWER},
    world::{Plan, until},
};

/// Where a worker dies: within a call to credits, or within one to the machine.
#[derive(Debug, Clone, Copy)]
enum Within {
    Credits(Call, Failure),
    Machine(F),
}

#[tokio::test]
async fn a_worker_that_dies_within_a_step_leaves_nothing_undone() {
    use Failure::{Hangs as Hang, HangsAfterwards as HangAfter};
    let cases = [
        (Within::Credits(Call::Hold, Hang), None, "done"),
        (Within::Credits(Call::Hold, HangAfter), None, "done"),
        (Within::Machine(F::Hang), None, "unknown"),
        (Within::Machine(F::HangAfterDrop), None, "done"),
        (Within::Credits(Call::Capture, Hang), None, "done"),
        (Within::Credits(Call::Capture, HangAfter), None, "done"),
        (Within::Credits(Call::Release, Hang), Some(F::Jam), "refunded"),
        (Within::Credits(Call::Release, HangAfter), Some(F::Jam), "refunded"),
    ];
    for (within, fault, expected) in cases {
        let world = World::with(Plan::impatient()).await;
        let coke = world.stock("A1", "Coke", 75, 3).await;
        match within {
            Within::Credits(call, failure) => world.ledger.fail(call, failure, 1),
            Within::Machine(fault) => world.fault(fault, 1),
        }
        if let Some(fault) = fault {
            world.fault(fault, 1);
        }
        let _order = world.order_soon("jsmith2", &[coke]).await;
        let worker = world.employ();
        match within {
            Within::Credits(..) => until(async || world.ledger.failed() > 0).await,
            Within::Machine(_) => until(async || world.states().await == ["vending"]).await,
        }
        worker.abort();
        let _ = worker.await;
        // Nobody takes it up while the dead one has its lease.
        assert_eq!(world.worker.settle_due().await.unwrap(), 0, "{within:?}");
        assert!(world.settle().await <= 30, "{within:?}");
        assert_eq!(world.states().await, [expected], "{within:?}");
        world.audit(3).await;
    }
}

#[tokio::test]
async fn a_worker_that_dies_between_two_steps_leaves_nothing_undone() {
    // It has written that it asks the machine, and dies before it does.
    for (seconds, expected) in [(0, "done"), (20, "refunded"), (3600, "refunded")] {
        let world = World::new().await;
        let coke = world.stock("A1", "Coke", 75, 3).await;
        world.ledger.fail(Call::Hold, Failure::HangsAfterwards, 1);
        let _order = world.order_soon("jsmith2", &[coke]).await;
        let worker = world.employ();
        until(async || world.ledger.failed() > 0).await;
        worker.abort();
        let _ = worker.await;
        let hold = world.ledger.holds()[0].id;
        let now = world.clock.now();
        sqlx::query("UPDATE purchase_items SET state = 'vending', hold_id = ?, deadline_at = ?, next_attempt_at = ?")
            .bind(hold)
            .bind(now + TimeDelta::seconds(25))
            .bind(now)
            .execute(&world.db.pool())
            .await
            .unwrap();
        world.clock.advance(TimeDelta::seconds(seconds));
        world.settle().await;
        assert_eq!(world.states().await, [expected], "{seconds}");
        world.audit(3).await;
    }
}

#[tokio::test]
async fn two_workers_do_each_step_once() {
    let world = World::new().await;
    let coke = world.stock("A1", "Coke", 1, 50).await;
    let mut orders = Vec::new();
    for _ in 0..10 {
        orders.push(world.order_soon("jsmith2", &[coke, coke]).await);
    }
    let other = world.worker.clone();
    let (one, two) = tokio::join!(world.worker.settle_due(), other.settle_due());
    one.unwrap();
    two.unwrap();
    world.settle().await;
    assert_eq!(world.machine.drops().len(), 20);
    assert_eq!(world.ledger.balance("jsmith2"), 980);
    world.audit(50).await;
}

#[tokio::test]
async fn whatever_fails_and_whenever_workers_die_what_is_charged_fell_out() {
    for seed in 0..4 {
        let mut dice = StdRng::seed_from_u64(seed);
        let world = World::with(Plan::impatient()).await;
        let items = [
            world.stock("A1", "Coke", 5, 200).await,
            world.stock("A2", "Tea", 3, 200).await,
            world.stock("A3", "Water", 0, 200).await,
        ];
        let mut orders = Vec::new();
        for _ in 0..20 {
            for _ in 0..dice.random_range(0..3) {
                fail(&world, &mut dice);
            }
            let wanted: Vec<_> =
                (0..dice.random_range(1..4)).map(|_| items[dice.random_range(0..3)]).collect();
            orders.push(world.order_soon("jsmith2", &wanted).await);
            let worker = world.employ();
            let life = std::time::Duration::from_millis(dice.random_range(0..60));
            let _ = tokio::time::timeout(life, until(async || world.open().await == 0)).await;
            worker.abort();
            world.clock.advance(TimeDelta::seconds(dice.random_range(0..20)));
        }
        world.ledger.mend();
        world.machine.mend();
        world.settle().await;
        world.audit(600).await;
    }
}

fn fail(world: &World, dice: &mut StdRng) {
    const FAULTS: [F; 9] = [
        F::Error,
        F::Jam,
        F::Hang,
        F::HangAfterDrop,
        F::DieBeforeDrop,
        F::DieAfterDrop,
        F::LoseRequest,
        F::LoseAnswer,
        F::NoVerdict,
    ];
    if dice.random_bool(0.5) {
        world.fault(FAULTS[dice.random_range(0..FAULTS.len())], dice.random_range(1..4));
    } else {
        let call = [Call::Hold, Call::Capture, Call::Release][dice.random_range(0..3)];
        let failure = [DOWN, LOST_ANSWER][dice.random_range(0..2)];
        world.ledger.fail(call, failure, dice.random_range(1..4));
    }
}

//! The proof that the ledger is right.

use grove_credits::Auditor;
use sqlx::AssertSqlSafe;

use super::*;

/// Does what nobody may do.
async fn tamper(world: &World, statement: &str) {
    let mut connection = world.db.pool().acquire().await.unwrap();
    for statement in ["SET FOREIGN_KEY_CHECKS = 0", statement, "SET FOREIGN_KEY_CHECKS = 1"] {
        let statement = sqlx::query(AssertSqlSafe(statement.to_owned()));
        statement.execute(&mut *connection).await.unwrap();
    }
}

#[tokio::test]
async fn a_ledger_that_nobody_touched_is_proved() {
    let world = World::start().await;
    world.adjust("marga2", 100).await;
    assert_eq!(world.problems().await, Vec::<String>::new());
    let proof: Value = world.app.officer("officer1").get("/credits/audit").await.json();
    assert_eq!((&proof["transactions"], &proof["entries"]), (&json!(2), &json!(4)));
    assert_eq!((&proof["sealed"], proof["head"].as_str().unwrap().len()), (&json!(2), 64));
    assert_eq!(world.app.member("marga2").get("/credits/audit").await.status, 403);
}

#[tokio::test]
async fn the_proof_names_the_row_that_was_changed_behind_the_services_back() {
    for (statement, expected) in [
        (
            "UPDATE transactions SET description = 'nothing' WHERE id = 2",
            "transaction 2 is not what",
        ),
        ("UPDATE transactions SET actor = 'marga2' WHERE id = 2", "transaction 2 is not what"),
        (
            "UPDATE entries SET amount = 999 WHERE transaction_id = 2 AND amount > 0",
            "transaction 2 sums",
        ),
        (
            "UPDATE entries SET amount = amount * 2 WHERE transaction_id = 2",
            "transaction 2 is not what",
        ),
        ("DELETE FROM entries WHERE transaction_id = 2", "transaction 2 sums to 0"),
        ("DELETE FROM transactions WHERE id = 2", "transaction 2 is not what"),
        ("DELETE FROM seals WHERE number = 2", "seal 2 is missing"),
        ("DELETE FROM seals WHERE number = 3", "seal 3 is missing"),
        ("UPDATE accounts SET balance = balance + 5 WHERE netid = 'marga2'", "account marga2 has"),
        ("UPDATE accounts SET held = 5 WHERE netid = 'marga2'", "account marga2 has"),
    ] {
        let world = World::start().await;
        world.adjust("marga2", 100).await;
        world.adjust("marga2", 50).await;
        assert_eq!(world.problems().await, Vec::<String>::new());
        tamper(&world, statement).await;
        let problems = world.problems().await;
        let missing = expected.ends_with("missing");
        assert!(!missing || problems.len() == 1, "after {statement}: {problems:?}");
        let found = problems.iter().any(|problem| problem.contains(expected));
        assert!(found, "after {statement}: {problems:?}");
    }
}

#[tokio::test]
async fn a_transaction_that_was_never_sealed_is_named() {
    let world = World::start().await;
    let given = world.adjust("marga2", 100).await;
    let audit =
        async || -> Value { world.app.officer("officer1").get("/credits/audit").await.json() };
    assert_eq!(audit().await["problems"], json!([]), "it has a minute for it");
    world.clock.advance(chrono::TimeDelta::seconds(61));
    let problem = json!(format!("transaction {} has no seal", given.id));
    assert!(audit().await["problems"].as_array().unwrap().contains(&problem));
}

#[tokio::test]
async fn the_service_proves_what_is_new_and_once_a_day_everything() {
    let world = World::start().await;
    let auditor = Auditor::new(world.db.pool(), world.clock.clone());
    let settle = async |amount: i64| {
        world.adjust("marga2", amount).await;
        world.state.seal().await.unwrap();
    };
    let problems = async || auditor.run().await.unwrap();
    settle(100).await;
    settle(50).await;
    assert_eq!(problems().await, Vec::<String>::new());
    // It does not look again at what it has proved.
    tamper(&world, "UPDATE transactions SET description = 'nothing' WHERE id = 2").await;
    assert_eq!(problems().await, Vec::<String>::new());
    settle(7).await;
    assert_eq!(problems().await, Vec::<String>::new());
    // What is new is wrong for as long as it is.
    settle(8).await;
    tamper(&world, "UPDATE transactions SET actor = 'marga2' WHERE id = 5").await;
    for _ in 0..2 {
        assert_eq!(problems().await, ["transaction 5 is not what was sealed"]);
    }
    tamper(&world, "UPDATE transactions SET actor = 'officer1' WHERE id = 5").await;
    tamper(&world, "UPDATE accounts SET balance = balance + 5 WHERE netid = 'marga2'").await;
    assert!(
        problems().await[0].starts_with("account marga2 has a balance of 670 and entries of 665")
    );
    tamper(&world, "UPDATE accounts SET balance = balance - 5 WHERE netid = 'marga2'").await;
    assert_eq!(problems().await, Vec::<String>::new());
    // What is not sealed yet counts too.
    world.adjust("marga2", 9).await;
    assert_eq!(problems().await, Vec::<String>::new());
    world.clock.advance(chrono::TimeDelta::days(1));
    assert_eq!(
        problems().await,
        ["transaction 2 is not what was sealed", "transaction 6 has no seal"]
    );
}

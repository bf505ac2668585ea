//! Proves that the ledger is right, and raises an alarm when it is not. It changes nothing.

use std::{fmt::Write, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use grove_shared::{Clock, db};
use serde::Serialize;
use sqlx::{MySqlConnection, MySqlPool};
use tokio_util::sync::CancellationToken;

use crate::{
    error::CreditsError,
    seal,
    store::{
        payments,
        proof::{self as store, Counts, Sealed},
    },
};

const INTERVAL: Duration = Duration::from_mins(5);
/// A transaction is sealed a second after it happened; later than this it was forgotten.
const SEALED_WITHIN: TimeDelta = TimeDelta::minutes(1);
/// Seals that are read at once.
const BATCH: u64 = 5000;

/// What the ledger looks like, and what is wrong with it.
#[derive(Debug, Serialize)]
pub(crate) struct Proof {
    /// Whether nothing is wrong.
    ok: bool,
    accounts: i64,
    transactions: i64,
    entries: i64,
    /// Transactions that are sealed, and the last seal: written down elsewhere, it proves later that
    /// nothing before it has changed.
    sealed: u64,
    head: String,
    /// What is wrong, with the row that it is about.
    problems: Vec<String>,
    /// Refunds that could not be taken from the member, and disputes: for an officer to settle.
    debts: Vec<payments::Debt>,
}

/// Looks at every row.
pub(crate) async fn prove(db: &MySqlPool, now: DateTime<Utc>) -> Result<Proof, CreditsError> {
    // One transaction, so that all of it is of one moment.
    let mut transaction = db::begin(db).await?;
    let Counts { accounts, transactions, entries } = store::counts(&mut *transaction).await?;
    let mut problems = Vec::new();
    for wrong in store::unbalanced(&mut *transaction).await? {
        problems.push(format!("transaction {} sums to {}, not 0", wrong.id, wrong.sum));
    }
    for drift in store::drifts(&mut *transaction).await? {
        problems.push(format!(
            "account {} has a balance of {} and entries of {}, {} held and holds of {}",
            drift.owner, drift.balance, drift.entries, drift.held, drift.holds
        ));
    }
    for id in store::forgotten(&mut *transaction, now - SEALED_WITHIN).await? {
        problems.push(format!("transaction {id} has no seal"));
    }
    let (sealed, head) = prove_seals(&mut transaction, &mut problems).await?;
    let debts = payments::debts(&mut *transaction).await?;
    transaction.rollback().await?;
    let ok = problems.is_empty();
    Ok(Proof { ok, accounts, transactions, entries, sealed, head, problems, debts })
}

/// Makes every seal once more; returns how many there are, and the last.
async fn prove_seals(
    transaction: &mut MySqlConnection,
    problems: &mut Vec<String>,
) -> Result<(u64, String), CreditsError> {
    let (end, head) = store::head(&mut *transaction).await?;
    let (mut number, mut hash) = (0, vec![0; 32]);
    while number < end {
        let lines = store::sealed(&mut *transaction, number, BATCH).await?;
        for lines in lines.chunk_by(|a, b| a.number == b.number) {
            let Some(Sealed { number: this, seal, id, .. }) = lines.first() else { continue };
            let missing = number + 1..*this;
            if missing.is_empty() && seal::next(&hash, lines) != *seal {
                problems.push(format!("transaction {id} is not what was sealed"));
            }
            problems.extend(missing.map(|number| format!("seal {number} is missing")));
            // From the seal that is there, so that one change is one problem.
            hash.clone_from(seal);
            number = *this;
        }
        if lines.is_empty() {
            break;
        }
    }
    if number != end || hash != head {
        problems.push(format!("the chain of seals ends at {number} instead of {end}"));
    }
    let text = head.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    });
    Ok((end, text))
}

/// Proves the ledger again and again until `stop` is cancelled.
pub(crate) async fn run(db: MySqlPool, clock: Clock, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match prove(&db, clock.now()).await {
            Ok(proof) => {
                #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
                metrics::gauge!("credits_ledger_drift").set(proof.problems.len() as f64);
                for problem in proof.problems {
                    tracing::error!("the ledger is wrong: {problem}");
                }
            }
            Err(cause) => tracing::warn!(%cause, "the ledger cannot be proved now"),
        }
        tokio::select! {
            () = tokio::time::sleep(INTERVAL) => {}
            () = stop.cancelled() => {}
        }
    }
}

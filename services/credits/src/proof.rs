//! Proves that the ledger is right, and raises an alarm when it is not. It changes nothing.
//!
//! A proof reads the chain of seals and adds up the entries on the way. An officer's begins with nothing and
//! reads everything; the service's own goes on from the last one, and begins anew once a day.

use std::{collections::HashMap, fmt::Write, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use grove_credits_api::Audit;
use grove_shared::{Clock, db};
use sqlx::{MySqlConnection, MySqlPool};
use tokio::sync::Mutex;

use crate::{
    error::CreditsError,
    seal,
    store::{
        payments,
        proof::{self as store, Counts, Sealed},
    },
};

/// A transaction is sealed a second after it happened; later than this it was forgotten.
const SEALED_WITHIN: TimeDelta = TimeDelta::minutes(1);
/// How long what was proved once is not read again.
const TRUSTED_FOR: TimeDelta = TimeDelta::days(1);
/// Seals that are read at once.
const BATCH: u64 = 5000;
/// Problems of one kind that are told.
const MOST_PROBLEMS: usize = 100;

/// How far the ledger was proved, and what the accounts came to there.
#[derive(Debug, Clone)]
struct Checkpoint {
    /// When everything before it was read.
    began: DateTime<Utc>,
    number: u64,
    hash: Vec<u8>,
    sums: HashMap<u64, i64>,
}

impl Checkpoint {
    /// Where nothing was proved.
    fn start(began: DateTime<Utc>) -> Self {
        Self { began, number: 0, hash: vec![0; 32], sums: HashMap::new() }
    }

    /// Adds the entries of one transaction, which sum to zero.
    fn add(&mut self, lines: &[Sealed], problems: &mut Vec<String>) {
        let mut sum = 0;
        let entries = lines.iter().filter_map(|line| Some((line.account_id?, line.amount?)));
        for (account, amount) in entries.clone() {
            *self.sums.entry(account).or_default() += amount;
            sum += amount;
        }
        if (sum != 0 || entries.count() < 2)
            && let Some(first) = lines.first()
        {
            problems.push(format!("transaction {} sums to {sum}, not 0", first.id));
        }
    }
}

/// Proves the ledger from time to time.
#[derive(Debug, Clone)]
pub struct Auditor {
    db: MySqlPool,
    clock: Clock,
    /// The end of the last proof that found nothing wrong.
    last: Arc<Mutex<Option<Checkpoint>>>,
}

impl Auditor {
    /// Has proved nothing yet.
    pub fn new(db: MySqlPool, clock: Clock) -> Self {
        Self { db, clock, last: Arc::default() }
    }

    /// Proves what has happened since it did so last, or everything; returns what is wrong.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run(&self) -> anyhow::Result<Vec<String>> {
        let mut last = self.last.lock().await;
        let now = self.clock.now();
        let trusted = last.clone().filter(|checkpoint| now - checkpoint.began < TRUSTED_FOR);
        let before = trusted.unwrap_or_else(|| Checkpoint::start(now));
        let mut checkpoint = before.clone();
        let mut transaction = db::begin(&self.db).await?;
        let problems = prove(&mut transaction, &mut checkpoint, now).await?;
        transaction.rollback().await?;
        *last = Some(if problems.is_empty() { checkpoint } else { before });
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
        metrics::gauge!("credits_ledger_drift").set(problems.len() as f64);
        for problem in &problems {
            tracing::error!("the ledger is wrong: {problem}");
        }
        Ok(problems)
    }
}

/// Looks at every row.
pub(crate) async fn audit(db: &MySqlPool, now: DateTime<Utc>) -> Result<Audit, CreditsError> {
    // One transaction, so that all of it is of one moment.
    let mut transaction = db::begin(db).await?;
    let Counts { accounts, transactions, entries } = store::counts(&mut *transaction).await?;
    let problems = prove(&mut transaction, &mut Checkpoint::start(now), now).await?;
    let (sealed, head) = store::head(&mut *transaction).await?;
    let debts = payments::debts(&mut *transaction).await?;
    transaction.rollback().await?;
    let (ok, head) = (problems.is_empty(), hex(&head));
    Ok(Audit { ok, accounts, transactions, entries, sealed, head, problems, debts })
}

/// Proves everything after a checkpoint, and moves it to the end of the chain; returns what is wrong.
async fn prove(
    transaction: &mut MySqlConnection,
    checkpoint: &mut Checkpoint,
    now: DateTime<Utc>,
) -> Result<Vec<String>, CreditsError> {
    let mut problems = Vec::new();
    let is_whole = checkpoint.number == 0;
    prove_seals(transaction, checkpoint, &mut problems).await?;
    // What is not sealed yet counts, and is read again when it is.
    let mut present = checkpoint.clone();
    let after = if is_whole { 0 } else { store::sealed_before(&mut *transaction).await? };
    let lines = store::unsealed(&mut *transaction, after, u32::MAX).await?;
    for lines in lines.chunk_by(|a, b| a.id == b.id) {
        present.add(lines, &mut problems);
        if let Some(late) = lines.first().filter(|line| line.created_at < now - SEALED_WITHIN) {
            problems.push(format!("transaction {} has no seal", late.id));
        }
    }
    problems.truncate(MOST_PROBLEMS);
    for account in store::accounts(transaction).await? {
        let store::Account { id, owner, may_owe, balance, held, holds } = account;
        let entries = present.sums.get(&id).copied().unwrap_or_default();
        if balance != entries || held != holds || (!may_owe && balance < held) {
            problems.push(format!(
                "account {owner} has a balance of {balance} and entries of {entries}, {held} held and holds of {holds}"
            ));
        }
    }
    problems.truncate(2 * MOST_PROBLEMS);
    Ok(problems)
}

/// Makes every seal after the checkpoint once more, and adds up what is sealed.
async fn prove_seals(
    transaction: &mut MySqlConnection,
    checkpoint: &mut Checkpoint,
    problems: &mut Vec<String>,
) -> Result<(), CreditsError> {
    let (end, head) = store::head(&mut *transaction).await?;
    while checkpoint.number < end {
        let lines = store::sealed(&mut *transaction, checkpoint.number, BATCH).await?;
        for lines in lines.chunk_by(|a, b| a.number == b.number) {
            let Some(Sealed { number: this, seal, id, .. }) = lines.first() else { continue };
            checkpoint.add(lines, problems);
            let missing = checkpoint.number + 1..*this;
            if missing.is_empty() && seal::next(&checkpoint.hash, lines) != *seal {
                problems.push(format!("transaction {id} is not what was sealed"));
            }
            let missing = missing.take(MOST_PROBLEMS);
            problems.extend(missing.map(|number| format!("seal {number} is missing")));
            // From the seal that is there, so that one change is one problem.
            checkpoint.hash.clone_from(seal);
            checkpoint.number = *this;
        }
        if lines.is_empty() {
            break;
        }
    }
    if checkpoint.number != end || checkpoint.hash != head {
        let number = checkpoint.number;
        problems.push(format!("the chain of seals ends at {number} instead of {end}"));
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

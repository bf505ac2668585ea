//! Seals transactions: each seal is a hash of the one before it and of what the transaction says, so
//! that nobody can change a row later, not even with the database's own tools, without all that follow
//! telling. Sealing happens a moment after the commit, so that no transaction waits for another.

use std::time::Duration;

use grove_shared::db;
use sha2::{Digest, Sha256};
use sqlx::MySqlPool;
use tokio_util::sync::CancellationToken;

use crate::{
    error::CreditsError,
    store::proof::{self, Seal, Sealed},
};

const INTERVAL: Duration = Duration::from_secs(1);
/// Transactions that are sealed at once.
const BATCH: u32 = 500;

/// Seals until `stop` is cancelled.
pub(crate) async fn run(db: MySqlPool, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(cause) = seal(&db).await {
            tracing::warn!(%cause, "transactions cannot be sealed now");
        }
        tokio::select! {
            () = tokio::time::sleep(INTERVAL) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Seals every transaction that has no seal.
pub(crate) async fn seal(db: &MySqlPool) -> Result<(), CreditsError> {
    loop {
        let mut transaction = db::begin(db).await?;
        let (mut number, mut hash) = proof::lock_head(&mut transaction).await?;
        let before = proof::sealed_before(&mut *transaction).await?;
        let lines = proof::unsealed(&mut *transaction, before, BATCH).await?;
        let mut seals = Vec::new();
        for lines in lines.chunk_by(|a, b| a.id == b.id) {
            let Some(first) = lines.first() else { continue };
            number += 1;
            hash = next(&hash, lines);
            seals.push(Seal { number, transaction_id: first.id, hash: hash.clone() });
        }
        if !seals.is_empty() {
            proof::insert_seals(&mut transaction, &seals).await?;
            proof::set_head(&mut transaction, number, &hash).await?;
        }
        transaction.commit().await?;
        if seals.len() < BATCH as usize {
            return Ok(());
        }
    }
}

/// The seal of a transaction, given as one line for each of its entries.
pub(crate) fn next(before: &[u8], lines: &[Sealed]) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(before);
    if let Some(first) = lines.first() {
        for text in [&first.description, &first.actor] {
            hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(text);
        }
        hash.update(first.id.to_be_bytes());
        hash.update(first.reverses.unwrap_or_default().to_be_bytes());
        hash.update(first.created_at.timestamp_micros().to_be_bytes());
    }
    for line in lines {
        hash.update(line.account_id.unwrap_or_default().to_be_bytes());
        hash.update(line.amount.unwrap_or_default().to_be_bytes());
    }
    hash.finalize().to_vec()
}

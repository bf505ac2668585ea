//! Queries on the wrong PINs of a kiosk.

use chrono::{DateTime, Utc};
use grove_shared::db;
use sqlx::{MySqlConnection, MySqlPool};

use crate::error::MerchError;

/// The wrong PINs of a kiosk, and the moment that its waiting time counts from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tries {
    pub(crate) wrong: u32,
    pub(crate) since: Option<DateTime<Utc>>,
}

/// Makes the other requests of a kiosk wait until the transaction ends.
pub(crate) async fn lock(
    transaction: &mut MySqlConnection,
    kiosk: &str,
) -> Result<Tries, MerchError> {
    sqlx::query!(
        "INSERT INTO pin_tries (kiosk) VALUES (?) ON DUPLICATE KEY UPDATE kiosk = kiosk",
        kiosk
    )
    .execute(&mut *transaction)
    .await?;
    let tries = sqlx::query_as!(
        Tries,
        "SELECT wrong, since FROM pin_tries WHERE kiosk = ? FOR UPDATE",
        kiosk
    );
    Ok(tries.fetch_one(transaction).await?)
}

/// Keeps the count of a kiosk.
pub(crate) async fn set(
    transaction: &mut MySqlConnection,
    kiosk: &str,
    tries: Tries,
) -> Result<(), MerchError> {
    sqlx::query!(
        "UPDATE pin_tries SET wrong = ?, since = ? WHERE kiosk = ?",
        tries.wrong,
        tries.since,
        kiosk
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Forgets the counts that are older than `then`, and the kiosks without a wrong PIN; returns how many.
pub(crate) async fn forget(db: &MySqlPool, then: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    db::in_batches(async || {
        let forgotten = sqlx::query!(
            "DELETE FROM pin_tries WHERE since IS NULL OR since < ? LIMIT ?",
            then,
            db::BATCH
        );
        Ok(forgotten.execute(db).await?.rows_affected())
    })
    .await
}

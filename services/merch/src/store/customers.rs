//! Queries on customers and their PINs.

use chrono::{DateTime, Utc};
use grove_shared::{NetId, db::Refusal, page::PageRequest};
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::error::MerchError;

/// Someone who went to buy something or made a PIN.
#[derive(Debug, Clone)]
pub(crate) struct CustomerRow {
    pub(crate) id: u64,
    pub(crate) netid: NetId,
    pub(crate) has_pin: bool,
    pub(crate) created_at: DateTime<Utc>,
}

/// All of them.
pub(crate) async fn list(db: impl MySqlExecutor<'_>) -> Result<Vec<CustomerRow>, MerchError> {
    let customers = sqlx::query_as!(
        CustomerRow,
        r#"SELECT id, netid AS "netid: NetId", (pin_hash IS NOT NULL) AS "has_pin!: bool", created_at
           FROM customers ORDER BY netid"#
    );
    Ok(customers.fetch_all(db).await?)
}

/// As many of them as a page needs, those first who came first.
pub(crate) async fn page(
    db: impl MySqlExecutor<'_>,
    request: PageRequest,
) -> Result<Vec<CustomerRow>, MerchError> {
    let customers = sqlx::query_as!(
        CustomerRow,
        r#"SELECT id, netid AS "netid: NetId", (pin_hash IS NOT NULL) AS "has_pin!: bool", created_at
           FROM customers WHERE id > ? ORDER BY id LIMIT ?"#,
        request.after.unwrap_or(0),
        request.rows()
    );
    Ok(customers.fetch_all(db).await?)
}

/// One of them.
pub(crate) async fn find(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Option<CustomerRow>, MerchError> {
    let customer = sqlx::query_as!(
        CustomerRow,
        r#"SELECT id, netid AS "netid: NetId", (pin_hash IS NOT NULL) AS "has_pin!: bool", created_at
           FROM customers WHERE netid = ?"#,
        netid
    );
    Ok(customer.fetch_optional(db).await?)
}

/// The one who owns a PIN.
pub(crate) async fn by_pin(
    transaction: &mut MySqlConnection,
    pin_hash: [u8; 32],
) -> Result<Option<CustomerRow>, MerchError> {
    let customer = sqlx::query_as!(
        CustomerRow,
        r#"SELECT id, netid AS "netid: NetId", (pin_hash IS NOT NULL) AS "has_pin!: bool", created_at
           FROM customers WHERE pin_hash = ?"#,
        pin_hash.as_slice()
    );
    Ok(customer.fetch_optional(transaction).await?)
}

/// Notes that someone is a customer.
pub(crate) async fn ensure(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
    now: DateTime<Utc>,
) -> Result<(), MerchError> {
    sqlx::query!(
        "INSERT INTO customers (netid, created_at) VALUES (?, ?)
         ON DUPLICATE KEY UPDATE netid = netid",
        netid,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Makes everyone else wait who begins something for a customer or forgets them, until the transaction ends;
/// false when there is no such customer.
pub(crate) async fn lock(
    transaction: &mut MySqlConnection,
    netid: &NetId,
) -> Result<bool, MerchError> {
    let customer =
        sqlx::query_scalar!("SELECT id FROM customers WHERE netid = ? FOR UPDATE", netid);
    Ok(customer.fetch_optional(transaction).await?.is_some())
}

/// Removes someone who has no PIN and has never bought anything.
pub(crate) async fn remove_unused(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<(), MerchError> {
    sqlx::query!(
        "DELETE FROM customers WHERE netid = ? AND pin_hash IS NULL
           AND NOT EXISTS (SELECT 1 FROM purchases WHERE purchases.netid = customers.netid)",
        netid
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Removes a customer and their PIN; returns how many there were.
pub(crate) async fn remove(
    transaction: &mut MySqlConnection,
    netid: &NetId,
) -> Result<u64, MerchError> {
    let removed = sqlx::query!("DELETE FROM customers WHERE netid = ?", netid);
    Ok(removed.execute(transaction).await?.rows_affected())
}

/// When the PIN of a customer was made, if they have one.
pub(crate) async fn pin_made_at(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Option<DateTime<Utc>>, MerchError> {
    let made_at = sqlx::query_scalar!("SELECT pin_made_at FROM customers WHERE netid = ?", netid);
    Ok(made_at.fetch_optional(db).await?.flatten())
}

/// Gives a customer a PIN; false when it belongs to another.
pub(crate) async fn set_pin(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
    pin_hash: [u8; 32],
    now: DateTime<Utc>,
) -> Result<bool, MerchError> {
    let set = sqlx::query!(
        "UPDATE customers SET pin_hash = ?, pin_made_at = ? WHERE netid = ?",
        pin_hash.as_slice(),
        now,
        netid
    );
    match set.execute(db).await {
        Ok(set) if set.rows_affected() == 0 => Err(MerchError::MembersOnly),
        Ok(_) => Ok(true),
        Err(cause) if Refusal::of(&cause) == Some(Refusal::Duplicate) => Ok(false),
        Err(cause) => Err(cause.into()),
    }
}

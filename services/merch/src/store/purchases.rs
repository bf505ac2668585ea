//! Queries on purchases, as people see them.

use chrono::{DateTime, NaiveDate, Utc};
use grove_shared::{NetId, api::merch as api};
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::{
    error::MerchError,
    purchase::{PurchaseRow, UnitRow},
};

/// Begins a purchase without items; returns its id.
pub(crate) async fn insert(
    transaction: &mut MySqlConnection,
    netid: &NetId,
    kiosk: Option<&str>,
    now: DateTime<Utc>,
) -> Result<u64, MerchError> {
    let inserted = sqlx::query!(
        "INSERT INTO purchases (netid, kiosk, created_at) VALUES (?, ?, ?)",
        netid,
        kiosk,
        now
    );
    Ok(inserted.execute(transaction).await?.last_insert_id())
}

/// A purchase without its items.
pub(crate) async fn find(db: impl MySqlExecutor<'_>, id: u64) -> Result<PurchaseRow, MerchError> {
    let purchase = sqlx::query_as!(
        PurchaseRow,
        r#"SELECT id, netid AS "netid: NetId", (kiosk IS NOT NULL) AS "at_kiosk!: bool", created_at
           FROM purchases WHERE id = ?"#,
        id
    );
    purchase.fetch_optional(db).await?.ok_or(MerchError::PurchaseNotFound)
}

/// The newest purchases before one, of one person or of all.
pub(crate) async fn list(
    db: impl MySqlExecutor<'_>,
    netid: Option<&NetId>,
    before: u64,
    limit: u32,
) -> Result<Vec<PurchaseRow>, MerchError> {
    let purchases = sqlx::query_as!(
        PurchaseRow,
        r#"SELECT id, netid AS "netid: NetId", (kiosk IS NOT NULL) AS "at_kiosk!: bool", created_at
           FROM purchases WHERE (? IS NULL OR netid = ?) AND id < ? ORDER BY id DESC LIMIT ?"#,
        netid,
        netid,
        before,
        limit
    );
    Ok(purchases.fetch_all(db).await?)
}

/// What became of the items of the purchases `first` to `last`.
pub(crate) async fn units(
    db: impl MySqlExecutor<'_>,
    first: u64,
    last: u64,
) -> Result<Vec<UnitRow>, MerchError> {
    let units = sqlx::query_as!(
        UnitRow,
        r#"SELECT purchase_id, position, item_id, name, price, location, state, charged AS "charged: bool",
                  reason, resolved_as, resolved_by, resolved_at
           FROM purchase_items WHERE purchase_id BETWEEN ? AND ? ORDER BY purchase_id, position"#,
        first,
        last
    );
    Ok(units.fetch_all(db).await?)
}

/// How many items of a purchase the machine is not done with.
pub(crate) async fn undecided(db: impl MySqlExecutor<'_>, id: u64) -> Result<i64, MerchError> {
    let undecided = sqlx::query_scalar!(
        r#"SELECT COUNT(*) AS "count!" FROM purchase_items
           WHERE purchase_id = ? AND state IN ('holding', 'vending')"#,
        id
    );
    Ok(undecided.fetch_one(db).await?)
}

/// Keeps what an officer found out, once; false when there is nothing to find out.
pub(crate) async fn resolve(
    transaction: &mut MySqlConnection,
    unit: &UnitRow,
    finding: &str,
    officer: &NetId,
    now: DateTime<Utc>,
) -> Result<bool, MerchError> {
    let resolved = sqlx::query!(
        "UPDATE purchase_items SET resolved_as = ?, resolved_by = ?, resolved_at = ?
         WHERE purchase_id = ? AND position = ? AND state IN ('lost', 'unknown')
           AND resolved_as IS NULL",
        finding,
        officer,
        now,
        unit.purchase_id,
        unit.position
    );
    Ok(resolved.execute(transaction).await?.rows_affected() > 0)
}

/// What was sold on each day from `from` to `to` on which anything was.
pub(crate) async fn sales(
    db: impl MySqlExecutor<'_>,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<api::SalesDay>, MerchError> {
    let days = sqlx::query_as!(
        api::SalesDay,
        r#"SELECT DATE(decided_at) AS "day!: NaiveDate", COUNT(*) AS "count!: i64",
                  CAST(SUM(price) AS SIGNED) AS "credits!: i64"
           FROM purchase_items
           WHERE charged AND decided_at >= ? AND decided_at < DATE_ADD(?, INTERVAL 1 DAY)
           GROUP BY 1 ORDER BY 1"#,
        from,
        to
    );
    Ok(days.fetch_all(db).await?)
}

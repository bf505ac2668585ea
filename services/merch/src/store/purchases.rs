//! Queries on purchases, as people see them.

use chrono::{DateTime, Utc};
use grove_merch_api as api;
use grove_shared::{NetId, page::PageRequest};
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::{error::MerchError, saga::unit::State};

/// A purchase without its items.
#[derive(Debug, Clone)]
pub(crate) struct PurchaseRow {
    pub(crate) id: u64,
    /// Nobody, if they are forgotten.
    pub(crate) netid: Option<NetId>,
    /// Where, if not on the website.
    pub(crate) kiosk: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
}

/// One thing of a purchase.
#[derive(Debug, Clone)]
pub(crate) struct UnitRow {
    pub(crate) purchase_id: u64,
    pub(crate) position: u32,
    pub(crate) item_id: u64,
    pub(crate) name: String,
    pub(crate) price: u32,
    pub(crate) location: String,
    pub(crate) state: State,
    pub(crate) charged: bool,
    pub(crate) reason: Option<String>,
    pub(crate) resolved_as: Option<Finding>,
    pub(crate) resolved_by: Option<String>,
    pub(crate) resolved_at: Option<DateTime<Utc>>,
}

/// What an officer found out about an unknown outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub(crate) enum Finding {
    Vended,
    Failed,
}

impl From<api::Finding> for Finding {
    fn from(finding: api::Finding) -> Self {
        match finding {
            api::Finding::Vended => Self::Vended,
            api::Finding::Failed => Self::Failed,
        }
    }
}

impl From<Finding> for api::Finding {
    fn from(finding: Finding) -> Self {
        match finding {
            Finding::Vended => Self::Vended,
            Finding::Failed => Self::Failed,
        }
    }
}

/// What was sold within a quarter of an hour, of which days of all time zones consist.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sales {
    /// The number of the quarter, from 0 at the beginning of the period.
    pub(crate) quarter: i64,
    pub(crate) count: i64,
    pub(crate) credits: i64,
}

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

/// Reads purchases without their items; `$rest` says which ones, in what order.
macro_rules! select_purchases {
    ($rest:literal $(, $arg:expr)*) => {
        sqlx::query_as!(
            PurchaseRow,
            r#"SELECT id, netid AS "netid: NetId", kiosk, created_at FROM purchases WHERE "# + $rest
            $(, $arg)*
        )
    };
}

/// A purchase without its items.
pub(crate) async fn find(db: impl MySqlExecutor<'_>, id: u64) -> Result<PurchaseRow, MerchError> {
    let purchase = select_purchases!("id = ?", id);
    purchase.fetch_optional(db).await?.ok_or(MerchError::PurchaseNotFound)
}

/// As many of the newest purchases of one person or of all as a page needs.
pub(crate) async fn list(
    db: impl MySqlExecutor<'_>,
    netid: Option<&NetId>,
    request: PageRequest,
) -> Result<Vec<PurchaseRow>, MerchError> {
    let (before, rows) = (request.after.unwrap_or(u64::MAX), request.rows());
    let purchases = if let Some(netid) = netid {
        select_purchases!("netid = ? AND id < ? ORDER BY id DESC LIMIT ?", netid, before, rows)
            .fetch_all(db)
            .await?
    } else {
        select_purchases!("id < ? ORDER BY id DESC LIMIT ?", before, rows).fetch_all(db).await?
    };
    Ok(purchases)
}

/// Reads items of purchases; `$which` says which ones.
macro_rules! select_units {
    ($which:literal $(, $arg:expr)*) => {
        sqlx::query_as!(
            UnitRow,
            r#"SELECT purchase_id, position, item_id, name, price, location, state AS "state: State",
                      charged AS "charged: bool", reason, resolved_as AS "resolved_as: Finding",
                      resolved_by, resolved_at
               FROM purchase_items WHERE "# + $which + " ORDER BY purchase_id, position"
            $(, $arg)*
        )
    };
}

/// What became of the items of the purchases `first` to `last`.
pub(crate) async fn units(
    db: impl MySqlExecutor<'_>,
    first: u64,
    last: u64,
) -> Result<Vec<UnitRow>, MerchError> {
    Ok(select_units!("purchase_id BETWEEN ? AND ?", first, last).fetch_all(db).await?)
}

/// Every purchase of one person, without its items, the oldest first.
pub(crate) async fn of(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<PurchaseRow>, MerchError> {
    Ok(select_purchases!("netid = ? ORDER BY id", netid).fetch_all(db).await?)
}

/// What became of the items of every purchase of one person.
pub(crate) async fn units_of(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<UnitRow>, MerchError> {
    let units = select_units!("purchase_id IN (SELECT id FROM purchases WHERE netid = ?)", netid);
    Ok(units.fetch_all(db).await?)
}

/// Those that an officer found out about.
pub(crate) async fn found_by(
    db: impl MySqlExecutor<'_>,
    officer: &NetId,
) -> Result<Vec<UnitRow>, MerchError> {
    Ok(select_units!("resolved_by = ?", officer).fetch_all(db).await?)
}

/// Takes a person's name off their purchases; returns how many there were.
pub(crate) async fn forget_buyer(
    transaction: &mut MySqlConnection,
    netid: &NetId,
) -> Result<u64, MerchError> {
    let forgotten = sqlx::query!("UPDATE purchases SET netid = NULL WHERE netid = ?", netid);
    Ok(forgotten.execute(transaction).await?.rows_affected())
}

/// Takes the name of the officer off a finding.
pub(crate) async fn forget_finder(
    transaction: &mut MySqlConnection,
    unit: &UnitRow,
) -> Result<(), MerchError> {
    sqlx::query!(
        "UPDATE purchase_items SET resolved_by = NULL WHERE purchase_id = ? AND position = ?",
        unit.purchase_id,
        unit.position
    )
    .execute(transaction)
    .await?;
    Ok(())
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
    finding: Finding,
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

/// What was sold from `from` until `to`, but for the quarters of an hour in which nothing was.
pub(crate) async fn sales(
    db: impl MySqlExecutor<'_>,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<Sales>, MerchError> {
    let sales = sqlx::query_as!(
        Sales,
        r#"SELECT TIMESTAMPDIFF(MINUTE, ?, decided_at) DIV 15 AS "quarter!: i64",
                  COUNT(*) AS "count!: i64", CAST(SUM(price) AS SIGNED) AS "credits!: i64"
           FROM purchase_items
           WHERE charged AND decided_at >= ? AND decided_at < ?
           GROUP BY 1 ORDER BY 1"#,
        from,
        from,
        to
    );
    Ok(sales.fetch_all(db).await?)
}

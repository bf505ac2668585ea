//! Queries on the items of purchases, as the worker moves them from state to state.

use chrono::{DateTime, Utc};
use grove_shared::NetId;
use sqlx::{MySqlConnection, MySqlExecutor, MySqlPool};

use crate::{
    error::MerchError,
    item::Item,
    saga::unit::{State, Unit},
};

/// Adds a thing to a purchase, taken out of stock and due at once.
pub(crate) async fn insert(
    transaction: &mut MySqlConnection,
    (purchase, position): (u64, u32),
    item: &Item,
    location: &str,
    now: DateTime<Utc>,
) -> Result<(), MerchError> {
    sqlx::query!(
        "INSERT INTO purchase_items
             (purchase_id, position, item_id, name, price, location, vend_key, state,
              next_attempt_at, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, 'holding', ?, ?)",
        purchase,
        position,
        item.id,
        item.name,
        item.price,
        location,
        format!("{:032x}", rand::random::<u128>()),
        now,
        now
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// What is due, the oldest first. The things of one purchase are vended one after the other.
async fn due(
    db: &MySqlPool,
    now: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<(u64, DateTime<Utc>)>, MerchError> {
    let due = sqlx::query!(
        r#"SELECT id, next_attempt_at AS "next_attempt_at!" FROM purchase_items AS unit
           WHERE next_attempt_at <= ?
             AND (state <> 'holding' OR NOT EXISTS (
                  SELECT 1 FROM purchase_items AS earlier
                  WHERE earlier.purchase_id = unit.purchase_id AND earlier.position < unit.position
                    AND earlier.state IN ('holding', 'vending')))
           ORDER BY next_attempt_at, id LIMIT ?"#,
        now,
        limit
    );
    let due = due.fetch_all(db).await?;
    Ok(due.into_iter().map(|row| (row.id, row.next_attempt_at)).collect())
}

/// Takes what is due, until `lease`. The time of the next attempt is also the proof of the lease:
/// whoever comes with another one changes nothing.
pub(crate) async fn claim(
    db: &MySqlPool,
    now: DateTime<Utc>,
    lease: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<Unit>, MerchError> {
    let mut units = Vec::new();
    for (id, next_attempt_at) in due(db, now, limit).await? {
        let claimed = sqlx::query!(
            "UPDATE purchase_items SET next_attempt_at = ?, attempts = attempts + 1
             WHERE id = ? AND next_attempt_at = ?",
            lease,
            id,
            next_attempt_at
        );
        if claimed.execute(db).await?.rows_affected() > 0 {
            units.push(find(db, id).await?);
        }
    }
    Ok(units)
}

async fn find(db: impl MySqlExecutor<'_>, id: u64) -> Result<Unit, MerchError> {
    let unit = sqlx::query_as!(
        Unit,
        r#"SELECT unit.id, purchase_id, position, COALESCE(payer, netid) AS "netid!: NetId", item_id, name, price,
                  location, vend_key, hold_id, state AS "state: State", reason, charged AS "charged: bool",
                  deadline_at, next_attempt_at, unit.created_at, decided_at
           FROM purchase_items AS unit JOIN purchases ON purchases.id = purchase_id
           WHERE unit.id = ?"#,
        id
    );
    Ok(unit.fetch_one(db).await?)
}

/// Writes what became of a unit; false when its lease has passed to another worker. When it is settled,
/// nobody needs to know any more whose credits it was about.
pub(crate) async fn save(
    db: impl MySqlExecutor<'_>,
    unit: &Unit,
    lease: Option<DateTime<Utc>>,
) -> Result<bool, MerchError> {
    let saved = sqlx::query!(
        "UPDATE purchase_items SET state = ?, reason = ?, charged = ?, hold_id = ?,
                deadline_at = ?, next_attempt_at = ?, decided_at = ?,
                payer = CASE WHEN ? THEN NULL ELSE payer END
         WHERE id = ? AND next_attempt_at = ?",
        unit.state,
        unit.reason,
        unit.charged,
        unit.hold_id,
        unit.deadline_at,
        unit.next_attempt_at,
        unit.decided_at,
        unit.next_attempt_at.is_none(),
        unit.id,
        lease
    );
    Ok(saved.execute(db).await?.rows_affected() > 0)
}

/// Whether the machine fell silent about an earlier thing of the same purchase.
pub(crate) async fn silence_before(
    db: impl MySqlExecutor<'_>,
    unit: &Unit,
) -> Result<bool, MerchError> {
    let silence = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM purchase_items WHERE purchase_id = ? AND position < ?
                          AND state IN ('lost', 'unknown')) AS "silence!: bool""#,
        unit.purchase_id,
        unit.position
    );
    Ok(silence.fetch_one(db).await?)
}

/// What is not settled of the purchases of one person.
pub(crate) async fn open_of(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<u64>, MerchError> {
    let open = sqlx::query_scalar!(
        "SELECT unit.id FROM purchase_items AS unit JOIN purchases ON purchases.id = purchase_id
         WHERE netid = ? AND next_attempt_at IS NOT NULL",
        netid
    );
    Ok(open.fetch_all(db).await?)
}

/// Keeps whose credits a unit is about, beside its purchase, until it is settled.
pub(crate) async fn keep_payer(
    transaction: &mut MySqlConnection,
    id: u64,
    netid: &NetId,
) -> Result<(), MerchError> {
    sqlx::query!(
        "UPDATE purchase_items SET payer = ? WHERE id = ? AND next_attempt_at IS NOT NULL",
        netid,
        id
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// The purchases of one person that were not settled when they were forgotten, and are not yet.
pub(crate) async fn purchases_to_settle(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<u64>, MerchError> {
    let purchases = sqlx::query_scalar!(
        "SELECT DISTINCT purchase_id FROM purchase_items WHERE payer = ? ORDER BY purchase_id",
        netid
    );
    Ok(purchases.fetch_all(db).await?)
}

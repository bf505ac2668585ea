//! Queries on items and on the slots that they lie in.
//!
//! Whoever changes the stock of an item locks the item first, then slots; so two never wait for each
//! other.

use chrono::{DateTime, Utc};
use grove_merch_api as api;
use grove_shared::db::Refusal;
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::{
    error::MerchError,
    item::{Assignment, Item},
    slot::Slot,
};

#[derive(Debug)]
struct LocationRow {
    id: u64,
    code: String,
    quantity: u32,
    item_id: Option<u64>,
    name: Option<String>,
    price: Option<u32>,
    image_url: Option<String>,
}

/// What a slot holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Content {
    /// The item that it is given to, if it is given to one.
    pub(crate) item_id: Option<u64>,
    pub(crate) quantity: u32,
}

impl TryFrom<LocationRow> for api::Location {
    type Error = MerchError;

    fn try_from(row: LocationRow) -> Result<Self, MerchError> {
        let slot = Slot::parse(&row.code)?;
        let item = match (row.item_id, row.name, row.price) {
            (Some(id), Some(name), Some(price)) => {
                Some(api::LocationItem { id, name, price, image: row.image_url })
            }
            _ => None,
        };
        Ok(Self {
            id: row.id,
            row: slot.row(),
            column: slot.column(),
            location: row.code,
            quantity: row.quantity,
            item,
        })
    }
}

/// Every slot, in the order of the machine.
pub(crate) async fn locations(
    db: impl MySqlExecutor<'_>,
) -> Result<Vec<api::Location>, MerchError> {
    let rows = sqlx::query_as!(
        LocationRow,
        "SELECT locations.id, code, quantity, item_id, name, price, image_url
         FROM locations LEFT JOIN items ON items.id = item_id ORDER BY code"
    );
    rows.fetch_all(db).await?.into_iter().map(TryInto::try_into).collect()
}

/// One slot.
pub(crate) async fn location(
    db: impl MySqlExecutor<'_>,
    slot: Slot,
) -> Result<api::Location, MerchError> {
    let row = sqlx::query_as!(
        LocationRow,
        "SELECT locations.id, code, quantity, item_id, name, price, image_url
         FROM locations LEFT JOIN items ON items.id = item_id WHERE code = ?",
        slot.to_string()
    );
    row.fetch_optional(db).await?.ok_or(MerchError::InvalidLocation)?.try_into()
}

/// Every item.
pub(crate) async fn items(db: impl MySqlExecutor<'_>) -> Result<Vec<Item>, MerchError> {
    let items = sqlx::query_as!(
        Item,
        "SELECT id, name, price, image_url, created_at FROM items ORDER BY id"
    );
    Ok(items.fetch_all(db).await?)
}

/// One item.
pub(crate) async fn item(db: impl MySqlExecutor<'_>, id: u64) -> Result<Item, MerchError> {
    let item = sqlx::query_as!(
        Item,
        "SELECT id, name, price, image_url, created_at FROM items WHERE id = ?",
        id
    );
    item.fetch_optional(db).await?.ok_or(MerchError::ItemNotFound)
}

/// Makes everyone else wait who locks the same item, until the transaction ends.
pub(crate) async fn lock_item(
    transaction: &mut MySqlConnection,
    id: u64,
) -> Result<Item, MerchError> {
    let item = sqlx::query_as!(
        Item,
        "SELECT id, name, price, image_url, created_at FROM items WHERE id = ? FOR UPDATE",
        id
    );
    item.fetch_optional(transaction).await?.ok_or(MerchError::ItemNotFound)
}

/// The id of the item of a name.
pub(crate) async fn id_of(
    db: impl MySqlExecutor<'_>,
    name: &str,
) -> Result<Option<u64>, MerchError> {
    let id = sqlx::query_scalar!("SELECT id FROM items WHERE name = ?", name);
    Ok(id.fetch_optional(db).await?)
}

/// Adds an item; returns its id.
pub(crate) async fn insert_item(
    transaction: &mut MySqlConnection,
    new: &Assignment,
    now: DateTime<Utc>,
) -> Result<u64, MerchError> {
    let inserted = sqlx::query!(
        "INSERT INTO items (name, price, image_url, created_at) VALUES (?, ?, ?, ?)",
        new.name,
        new.price,
        new.image_url,
        now
    );
    let inserted = inserted.execute(transaction).await;
    Ok(inserted.map_err(|cause| unless_taken(cause, &new.name))?.last_insert_id())
}

/// Changes an item.
pub(crate) async fn update_item(
    transaction: &mut MySqlConnection,
    id: u64,
    change: &Assignment,
) -> Result<(), MerchError> {
    let updated = sqlx::query!(
        "UPDATE items SET name = ?, price = ?, image_url = ? WHERE id = ?",
        change.name,
        change.price,
        change.image_url,
        id
    );
    updated.execute(transaction).await.map_err(|cause| unless_taken(cause, &change.name))?;
    Ok(())
}

/// Says of a refusal that it is for the name, if it is.
fn unless_taken(cause: sqlx::Error, name: &str) -> MerchError {
    match Refusal::of(&cause) {
        Some(Refusal::Duplicate) => MerchError::NameTaken(name.to_owned()),
        _ => cause.into(),
    }
}

/// Removes an item that lies in no slot.
pub(crate) async fn delete_item(
    transaction: &mut MySqlConnection,
    id: u64,
) -> Result<(), MerchError> {
    sqlx::query!("DELETE FROM items WHERE id = ?", id).execute(transaction).await?;
    Ok(())
}

/// What a slot holds, after locking it.
pub(crate) async fn lock_location(
    transaction: &mut MySqlConnection,
    slot: Slot,
) -> Result<Content, MerchError> {
    let content = sqlx::query_as!(
        Content,
        "SELECT item_id, quantity FROM locations WHERE code = ? FOR UPDATE",
        slot.to_string()
    );
    content.fetch_optional(transaction).await?.ok_or(MerchError::InvalidLocation)
}

/// Gives a slot to an item.
pub(crate) async fn assign(
    transaction: &mut MySqlConnection,
    slot: Slot,
    item: u64,
    quantity: u32,
) -> Result<(), MerchError> {
    sqlx::query!(
        "UPDATE locations SET item_id = ?, quantity = ? WHERE code = ?",
        item,
        quantity,
        slot.to_string()
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Empties a slot and gives it to no item.
pub(crate) async fn clear(transaction: &mut MySqlConnection, code: &str) -> Result<(), MerchError> {
    sqlx::query!("UPDATE locations SET item_id = NULL, quantity = 0 WHERE code = ?", code)
        .execute(transaction)
        .await?;
    Ok(())
}

/// Takes one unit of a locked item out of its first slot that has one; returns the slot.
///
/// The lock on the item is enough to read its slots; a lock on what the search looks at could be one on
/// the slots of others.
pub(crate) async fn take(
    transaction: &mut MySqlConnection,
    item: &Item,
) -> Result<String, MerchError> {
    let code = sqlx::query_scalar!(
        "SELECT code FROM locations WHERE item_id = ? AND quantity > 0 ORDER BY code LIMIT 1",
        item.id
    );
    let code = code.fetch_optional(&mut *transaction).await?;
    let code = code.ok_or_else(|| MerchError::OutOfStock(item.name.clone()))?;
    sqlx::query!("UPDATE locations SET quantity = quantity - 1 WHERE code = ?", code)
        .execute(transaction)
        .await?;
    Ok(code)
}

/// Adds `change`, 1 or -1, to what lies in a slot, if it still belongs to the item.
pub(crate) async fn correct(
    transaction: &mut MySqlConnection,
    code: &str,
    item: u64,
    change: i32,
) -> Result<(), MerchError> {
    match lock_item(transaction, item).await {
        Err(MerchError::ItemNotFound) => return Ok(()),
        locked => locked.map(drop)?,
    }
    sqlx::query!(
        "UPDATE locations SET quantity = CAST(quantity AS SIGNED) + ?
         WHERE code = ? AND item_id = ? AND CAST(quantity AS SIGNED) + ? >= 0",
        change,
        code,
        item,
        change
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// What lies in all slots of an item.
pub(crate) async fn total(transaction: &mut MySqlConnection, item: u64) -> Result<i64, MerchError> {
    let total = sqlx::query_scalar!(
        r#"SELECT CAST(COALESCE(SUM(quantity), 0) AS SIGNED) AS "total!: i64"
           FROM locations WHERE item_id = ?"#,
        item
    );
    Ok(total.fetch_one(transaction).await?)
}

/// Notes that people were told that an item runs out; false when they were told before.
pub(crate) async fn begin_alert(
    transaction: &mut MySqlConnection,
    item: u64,
    now: DateTime<Utc>,
) -> Result<bool, MerchError> {
    let begun = sqlx::query!(
        "UPDATE items SET restock_alerted_at = ? WHERE id = ? AND restock_alerted_at IS NULL",
        now,
        item
    );
    Ok(begun.execute(transaction).await?.rows_affected() > 0)
}

/// Notes that an item was filled again.
pub(crate) async fn end_alert(
    transaction: &mut MySqlConnection,
    item: u64,
) -> Result<(), MerchError> {
    sqlx::query!("UPDATE items SET restock_alerted_at = NULL WHERE id = ?", item)
        .execute(transaction)
        .await?;
    Ok(())
}

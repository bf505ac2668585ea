//! What the `grove` program does with the vending machine: demo data.

use anyhow::Context;
use chrono::{DateTime, Utc};
use grove_merch_api::NewItem;
use grove_shared::db;
use sqlx::MySqlPool;

use crate::{item::Assignment, store::stock};

/// Puts an item into a slot; one that is given to an item stays as it is.
///
/// # Errors
/// When the item is not valid or the database fails.
pub async fn add_item(db: &MySqlPool, new: &NewItem, now: DateTime<Utc>) -> anyhow::Result<()> {
    let new = Assignment::parse(new).context("the item is not valid")?;
    let known = stock::id_of(db, &new.name).await?;
    let mut transaction = db::begin(db).await?;
    let id = match known {
        Some(id) => id,
        None => stock::insert_item(&mut transaction, &new, now).await?,
    };
    stock::lock_item(&mut transaction, id).await?;
    if stock::lock_location(&mut transaction, new.slot).await?.item_id.is_none() {
        stock::update_item(&mut transaction, id, &new).await?;
        stock::assign(&mut transaction, new.slot, id, new.quantity).await?;
        transaction.commit().await?;
    }
    Ok(())
}

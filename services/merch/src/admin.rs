//! What the `grove` program does with the vending machine: demo data.

use anyhow::Context;
use chrono::{DateTime, Utc};
use grove_shared::{api::merch::NewItem, db};
use serde_json::json;
use sqlx::MySqlPool;

use crate::{form::Form, item::Assignment, store::stock};

/// Puts an item into a slot; one that is given to an item stays as it is.
///
/// # Errors
/// When the item is not valid or the database fails.
pub async fn add_item(db: &MySqlPool, new: &NewItem, now: DateTime<Utc>) -> anyhow::Result<()> {
    let new = Assignment::parse(&Form::from(json!(new))).context("the item is not valid")?;
    let mut transaction = db::begin(db).await?;
    let id = stock::put_item(&mut transaction, &new, now).await?;
    if stock::lock_location(&mut transaction, new.slot).await?.is_none() {
        stock::assign(&mut transaction, new.slot, id, new.quantity).await?;
        transaction.commit().await?;
    }
    Ok(())
}

//! What is sold.

use axum::extract::State;
use grove_http::{
    ApiError,
    extract::{Json, Path},
};
use grove_identity::caller::{AdminOrTop4, Caller, Officer};
use grove_merch_api as api;
use grove_shared::{
    Clock, db,
    envelope::{Data, Message},
    lenient::Object,
};
use sqlx::MySqlPool;

use crate::{error::MerchError, item::Assignment, restock, store::stock};

type Items = Json<Data<Vec<api::Item>>>;

async fn all(db: &MySqlPool) -> Result<Vec<api::Item>, MerchError> {
    let locations = stock::locations(db).await?;
    let items = stock::items(db).await?;
    Ok(items.into_iter().map(|item| item.with_stock(&locations)).collect())
}

pub(crate) async fn list(_: Caller, State(db): State<MySqlPool>) -> Result<Items, ApiError> {
    Ok(Json(Data::new(all(&db).await?)))
}

pub(crate) async fn list_available(
    _: Caller,
    State(db): State<MySqlPool>,
) -> Result<Items, ApiError> {
    let mut items = all(&db).await?;
    items.retain(|item| item.in_stock);
    Ok(Json(Data::new(items)))
}

pub(crate) async fn show(
    _: Caller,
    State(db): State<MySqlPool>,
    Path(id): Path<String>,
) -> Result<Json<Data<api::Item>>, ApiError> {
    let item = stock::item(&db, parse_id(&id)?).await?;
    Ok(Json(Data::new(item.with_stock(&stock::locations(&db).await?))))
}

fn parse_id(text: &str) -> Result<u64, MerchError> {
    text.parse().map_err(|_| MerchError::ItemNotFound)
}

pub(crate) async fn create(
    Officer(officer, ..): Officer<AdminOrTop4>,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Json(Object(form)): Json<Object<api::NewItem>>,
) -> Result<Json<Message>, ApiError> {
    let new = Assignment::parse(&form)?;
    let mut transaction = db::begin(&db).await?;
    let id = stock::put_item(&mut transaction, &new, clock.now()).await?;
    match stock::lock_location(&mut transaction, new.slot).await? {
        Some(other) if other != id => {
            let other = stock::item(&mut *transaction, other).await?;
            return Err(taken(&new, other.name).into());
        }
        _ => put(&mut transaction, id, &new).await?,
    }
    transaction.commit().await?;
    tracing::info!(item.id = id, "{} assigned to {} by {}", new.name, new.slot, officer.netid);
    Ok(Json(Message::new(format!("Assigned {} to {}", new.slot, new.name))))
}

pub(crate) async fn update(
    Officer(officer, ..): Officer<AdminOrTop4>,
    State(db): State<MySqlPool>,
    Path(id): Path<String>,
    Json(Object(form)): Json<Object<api::NewItem>>,
) -> Result<Json<Message>, ApiError> {
    let change = Assignment::parse(&form)?;
    let mut transaction = db::begin(&db).await?;
    let id = stock::lock_item(&mut transaction, parse_id(&id)?).await?.id;
    match stock::lock_location(&mut transaction, change.slot).await? {
        Some(own) if own == id => {}
        Some(other) => {
            let other = stock::item(&mut *transaction, other).await?;
            return Err(taken(&change, other.name).into());
        }
        None => return Err(MerchError::InvalidLocation.into()),
    }
    stock::update_item(&mut transaction, id, &change).await?;
    put(&mut transaction, id, &change).await?;
    transaction.commit().await?;
    tracing::info!(item.id = id, "item {id} changed by {}", officer.netid);
    Ok(Json(Message::new("Item updated successfully!")))
}

fn taken(wanted: &Assignment, name: String) -> MerchError {
    MerchError::SlotTaken { slot: wanted.slot.to_string(), name }
}

/// Puts a locked item into a locked slot.
async fn put(
    transaction: &mut db::Transaction,
    id: u64,
    assignment: &Assignment,
) -> Result<(), MerchError> {
    stock::assign(transaction, assignment.slot, id, assignment.quantity).await?;
    restock::filled(transaction, id).await
}

pub(crate) async fn delete(
    Officer(officer, ..): Officer<AdminOrTop4>,
    State(db): State<MySqlPool>,
    Path(id): Path<String>,
) -> Result<Json<Message>, ApiError> {
    let mut transaction = db::begin(&db).await?;
    let item = stock::lock_item(&mut transaction, parse_id(&id)?).await?;
    let item = item.with_stock(&stock::locations(&mut *transaction).await?);
    for location in &item.vending {
        stock::clear(&mut transaction, &location.location).await?;
    }
    stock::delete_item(&mut transaction, item.id).await?;
    transaction.commit().await?;
    tracing::info!(item.id = item.id, "{} deleted by {}", item.name, officer.netid);
    Ok(Json(Message::new("Item destroyed successfully!")))
}

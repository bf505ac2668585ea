//! What is sold.

use axum::extract::State;
use grove_audit::record;
use grove_http::{
    ApiError,
    extract::{Json, Path},
};
use grove_identity::caller::{AdminOrTop4, Caller, Officer};
use grove_merch_api as api;
use grove_shared::{
    Clock,
    config::ChapterTime,
    db,
    envelope::{Data, Message},
    lenient::Object,
};
use sqlx::MySqlPool;

use crate::{error::MerchError, item::Assignment, shelf, store::stock};

type Items = Json<Data<Vec<api::Item>>>;

async fn all(db: &MySqlPool, time: ChapterTime) -> Result<Vec<api::Item>, MerchError> {
    let locations = stock::locations(db).await?;
    let items = stock::items(db).await?;
    Ok(items.into_iter().map(|item| item.with_stock(time, &locations)).collect())
}

/// Every item that is or was sold
#[utoipa::path(
    get,
    path = "/merch/items",
    operation_id = "list_items",
    responses((status = 200, description = "The items", body = Data<Vec<api::Item>>)),
)]
pub(crate) async fn list(
    _: Caller,
    State(db): State<MySqlPool>,
    State(time): State<ChapterTime>,
) -> Result<Items, ApiError> {
    Ok(Json(Data::new(all(&db, time).await?)))
}

/// The items of which some are left
#[utoipa::path(
    get,
    path = "/merch/items/available",
    operation_id = "list_available_items",
    responses((status = 200, description = "The items", body = Data<Vec<api::Item>>)),
)]
pub(crate) async fn list_available(
    _: Caller,
    State(db): State<MySqlPool>,
    State(time): State<ChapterTime>,
) -> Result<Items, ApiError> {
    let mut items = all(&db, time).await?;
    items.retain(|item| item.in_stock);
    Ok(Json(Data::new(items)))
}

/// One item
#[utoipa::path(
    get,
    path = "/merch/items/{id}",
    operation_id = "show_item",
    params(("id" = u64, Path)),
    responses(
        (status = 200, description = "The item", body = Data<api::Item>),
        (status = 404, description = "There is no such item"),
    ),
)]
pub(crate) async fn show(
    _: Caller,
    State(db): State<MySqlPool>,
    State(time): State<ChapterTime>,
    Path(id): Path<String>,
) -> Result<Json<Data<api::Item>>, ApiError> {
    let item = stock::item(&db, parse_id(&id)?).await?;
    Ok(Json(Data::new(item.with_stock(time, &stock::locations(&db).await?))))
}

fn parse_id(text: &str) -> Result<u64, MerchError> {
    text.parse().map_err(|_| MerchError::ItemNotFound)
}

/// Puts an item into a slot
///
/// One of that name takes the new price and picture.
#[utoipa::path(
    post,
    path = "/merch/items",
    operation_id = "create_item",
    request_body = api::NewItem,
    responses(
        (status = 200, description = "It lies there", body = Message),
        (status = 400, description = "A field is missing or wrong"),
        (status = 404, description = "There is no such slot"),
        (status = 409, description = "The slot holds another item: clear it first"),
    ),
)]
pub(crate) async fn create(
    officer: Officer<AdminOrTop4>,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Json(Object(form)): Json<Object<api::NewItem>>,
) -> Result<Json<Message>, ApiError> {
    let new = Assignment::parse(&form)?;
    let known = stock::id_of(&db, &new.name).await?;
    let mut transaction = db::begin(&db).await?;
    let item = match known {
        // In the meantime it may have become another.
        Some(id) => Some(stock::lock_item(&mut transaction, id).await?),
        None => None,
    };
    let item = item.filter(|item| item.name == new.name);
    let id = match &item {
        Some(item) => item.id,
        None => stock::insert_item(&mut transaction, &new, clock.now()).await?,
    };
    let change = shelf::put(&mut transaction, (&officer).into(), (id, item), &new, true).await?;
    if let Some(change) = change {
        record(&mut transaction, change, clock.now()).await?;
    }
    transaction.commit().await?;
    tracing::info!(item.id = id, "{} assigned to {} by {}", new.name, new.slot, officer.0.netid);
    Ok(Json(Message::new(format!("Assigned {} to {}", new.slot, new.name))))
}

/// Changes an item, and how much of it lies in one of its slots
#[utoipa::path(
    put,
    path = "/merch/items/{id}",
    operation_id = "update_item",
    params(("id" = u64, Path)),
    request_body = api::NewItem,
    responses(
        (status = 200, description = "Changed", body = Message),
        (status = 400, description = "A field is missing or wrong"),
        (status = 404, description = "There is no such item, or the slot is not one of its own"),
        (status = 409, description = "Another item has the name or the slot"),
    ),
)]
pub(crate) async fn update(
    officer: Officer<AdminOrTop4>,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Path(id): Path<String>,
    Json(Object(form)): Json<Object<api::NewItem>>,
) -> Result<Json<Message>, ApiError> {
    let asked = Assignment::parse(&form)?;
    let mut transaction = db::begin(&db).await?;
    let item = stock::lock_item(&mut transaction, parse_id(&id)?).await?;
    let item = (item.id, Some(item));
    let change = shelf::put(&mut transaction, (&officer).into(), item, &asked, false).await?;
    if let Some(change) = change {
        record(&mut transaction, change, clock.now()).await?;
    }
    transaction.commit().await?;
    tracing::info!(item.id = id, "item {id} changed by {}", officer.0.netid);
    Ok(Json(Message::new("Item updated successfully!")))
}

/// Deletes an item and empties its slots
#[utoipa::path(
    delete,
    path = "/merch/items/{id}",
    operation_id = "delete_item",
    params(("id" = u64, Path)),
    responses(
        (status = 200, description = "Deleted; its purchases stay", body = Message),
        (status = 404, description = "There is no such item"),
    ),
)]
pub(crate) async fn delete(
    officer: Officer<AdminOrTop4>,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Path(id): Path<String>,
) -> Result<Json<Message>, ApiError> {
    let mut transaction = db::begin(&db).await?;
    let item = stock::lock_item(&mut transaction, parse_id(&id)?).await?;
    let change = shelf::delete(&mut transaction, (&officer).into(), &item).await?;
    record(&mut transaction, change, clock.now()).await?;
    transaction.commit().await?;
    tracing::info!(item.id = item.id, "{} deleted by {}", item.name, officer.0.netid);
    Ok(Json(Message::new("Item destroyed successfully!")))
}

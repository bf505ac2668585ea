//! The slots of the machine.

use axum::extract::State;
use grove_audit::record;
use grove_http::{
    ApiError,
    extract::{Json, Path},
};
use grove_identity::caller::{AdminOrTop4, Caller, Officer};
use grove_merch_api as api;
use grove_shared::{
    Clock, db,
    envelope::{Data, Message},
};
use sqlx::MySqlPool;

use crate::{error::MerchError, shelf, slot::Slot, store::stock};

/// Every slot of the machine
#[utoipa::path(
    get,
    path = "/merch/locations",
    operation_id = "list_locations",
    responses((status = 200, description = "The slots", body = Data<Vec<api::Location>>)),
)]
pub(crate) async fn list(
    _: Caller,
    State(db): State<MySqlPool>,
) -> Result<Json<Data<Vec<api::Location>>>, ApiError> {
    Ok(Json(Data::new(stock::locations(&db).await?)))
}

/// One slot
#[utoipa::path(
    get,
    path = "/merch/locations/{location}",
    operation_id = "show_location",
    params(("location" = String, Path, pattern = "^[A-E][1-9]$", example = "A1")),
    responses(
        (status = 200, description = "The slot", body = Data<api::Location>),
        (status = 404, description = "There is no such slot"),
    ),
)]
pub(crate) async fn show(
    _: Caller,
    State(db): State<MySqlPool>,
    Path(location): Path<String>,
) -> Result<Json<Data<api::Location>>, ApiError> {
    Ok(Json(Data::new(stock::location(&db, Slot::parse(&location)?).await?)))
}

/// Empties a slot and gives it to no item
#[utoipa::path(
    put,
    path = "/merch/locations/{location}",
    operation_id = "clear_location",
    params(("location" = String, Path, pattern = "^[A-E][1-9]$", example = "A1")),
    responses(
        (status = 200, description = "Emptied", body = Message),
        (status = 400, description = "It holds no item"),
        (status = 404, description = "There is no such slot"),
    ),
)]
pub(crate) async fn clear(
    officer: Officer<AdminOrTop4>,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Path(location): Path<String>,
) -> Result<Json<Message>, ApiError> {
    let slot = Slot::parse(&location)?;
    let item = stock::location(&db, slot).await?.item.ok_or(MerchError::SlotEmpty)?;
    let mut transaction = db::begin(&db).await?;
    let item = stock::lock_item(&mut transaction, item.id).await?;
    let change = shelf::clear(&mut transaction, (&officer).into(), &item, slot).await?;
    record(&mut transaction, change, clock.now()).await?;
    transaction.commit().await?;
    tracing::info!("{slot} with {} cleared by {}", item.name, officer.0.netid);
    Ok(Json(Message::new(format!("Clear {} at {slot}", item.name))))
}

//! The slots of the machine.

use axum::extract::State;
use grove_http::{
    ApiError,
    extract::{Json, Path},
};
use grove_identity::caller::{AdminOrTop4, Caller, Officer};
use grove_merch_api as api;
use grove_shared::{
    db,
    envelope::{Data, Message},
};
use sqlx::MySqlPool;

use crate::{error::MerchError, slot::Slot, store::stock};

pub(crate) async fn list(
    _: Caller,
    State(db): State<MySqlPool>,
) -> Result<Json<Data<Vec<api::Location>>>, ApiError> {
    Ok(Json(Data::new(stock::locations(&db).await?)))
}

pub(crate) async fn show(
    _: Caller,
    State(db): State<MySqlPool>,
    Path(location): Path<String>,
) -> Result<Json<Data<api::Location>>, ApiError> {
    Ok(Json(Data::new(stock::location(&db, Slot::parse(&location)?).await?)))
}

pub(crate) async fn clear(
    Officer(officer, ..): Officer<AdminOrTop4>,
    State(db): State<MySqlPool>,
    Path(location): Path<String>,
) -> Result<Json<Message>, ApiError> {
    let slot = Slot::parse(&location)?;
    let item = stock::location(&db, slot).await?.item.ok_or(MerchError::SlotEmpty)?;
    let mut transaction = db::begin(&db).await?;
    stock::lock_item(&mut transaction, item.id).await?;
    if stock::lock_location(&mut transaction, slot).await? != Some(item.id) {
        return Err(MerchError::SlotEmpty.into());
    }
    stock::clear(&mut transaction, &slot.to_string()).await?;
    transaction.commit().await?;
    tracing::info!("{slot} with {} cleared by {}", item.name, officer.netid);
    Ok(Json(Message::new(format!("Clear {} at {slot}", item.name))))
}

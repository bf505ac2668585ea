//! Purchases on the website, and what officers learn from all purchases.

use std::time::Instant;

use axum::extract::State;
use chrono::{Days, NaiveDate};
use grove_shared::{
    ApiError, Clock, NetId,
    api::merch as api,
    caller::{Member, Officer},
    db,
    extract::{Json, Path, Query},
    idempotency::IdempotencyKey,
};
use http::StatusCode;
use serde::Deserialize;
use sqlx::MySqlPool;

use crate::{
    AppState,
    checkout::{self, Wish},
    error::MerchError,
    purchase,
    store::{purchases, stock},
};

/// Purchases on a page, unless asked otherwise.
const PAGE: u32 = 20;
const LARGEST_PAGE: u32 = 100;
/// Days of sales, unless asked otherwise.
const DAYS: u64 = 30;
const MOST_DAYS: i64 = 366;

pub(crate) async fn create(
    Member { netid, .. }: Member,
    State(state): State<AppState>,
    key: IdempotencyKey,
    Json(new): Json<api::NewPurchase>,
) -> Result<(StatusCode, Json<api::Purchase>), ApiError> {
    let arrived = Instant::now();
    if new.items.is_empty() {
        return Err(MerchError::Missing("items").into());
    }
    let wish = Wish { netid: &netid, items: &new.items, kiosk: None, arrived };
    let purchase = checkout::buy(&state, &wish, Some(&key)).await?;
    Ok((StatusCode::CREATED, Json(purchase)))
}

#[derive(Debug, Deserialize)]
pub(crate) struct Filter {
    netid: Option<NetId>,
    after: Option<u64>,
    limit: Option<u32>,
}

pub(crate) async fn list(
    viewer: Member,
    State(db): State<MySqlPool>,
    Query(filter): Query<Filter>,
) -> Result<Json<api::Purchases>, ApiError> {
    let netid = match filter.netid {
        None if viewer.is_officer() => None,
        None => Some(viewer.netid),
        Some(netid) if netid == viewer.netid || viewer.is_officer() => Some(netid),
        Some(_) => return Err(MerchError::NotYours.into()),
    };
    let limit = filter.limit.unwrap_or(PAGE);
    if !(1..=LARGEST_PAGE).contains(&limit) {
        return Err(ApiError::bad_request("limit must be from 1 to 100"));
    }
    Ok(Json(purchase::page(&db, netid.as_ref(), filter.after, limit).await?))
}

pub(crate) async fn show(
    viewer: Member,
    State(db): State<MySqlPool>,
    Path(id): Path<u64>,
) -> Result<Json<api::Purchase>, ApiError> {
    let purchase = purchase::find(&db, id).await?;
    if purchase.netid != viewer.netid.as_str() && !viewer.is_officer() {
        return Err(MerchError::PurchaseNotFound.into());
    }
    Ok(Json(purchase))
}

/// An officer looked, and knows what became of a thing that the machine did not tell of.
pub(crate) async fn resolve(
    Officer(officer): Officer,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Path((id, number)): Path<(u64, u32)>,
    Json(api::NewResolution { outcome }): Json<api::NewResolution>,
) -> Result<Json<api::Purchase>, ApiError> {
    let finding = purchase::finding_name(outcome);
    purchases::find(&db, id).await?;
    let units = purchases::units(&db, id, id).await?;
    let unit = units.into_iter().find(|unit| unit.position == number);
    let unit = unit.ok_or(MerchError::ItemNotFound)?;
    let mut transaction = db::begin(&db).await?;
    let netid = &officer.netid;
    if purchases::resolve(&mut transaction, &unit, finding, netid, clock.now()).await? {
        if outcome == api::Finding::Vended {
            stock::correct(&mut transaction, &unit.location, unit.item_id, -1).await?;
        }
        tracing::info!(purchase.id = id, "item {number} of {id} {finding}, says {netid}");
    } else if unit.resolved_as.as_deref() != Some(finding) {
        return Err(MerchError::NotUnknown.into());
    }
    transaction.commit().await?;
    Ok(Json(purchase::find(&db, id).await?))
}

#[derive(Debug, Deserialize)]
pub(crate) struct Period {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
}

/// What was sold on each day of a period, also on those on which nothing was.
pub(crate) async fn sales(
    _: Officer,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Query(period): Query<Period>,
) -> Result<Json<Vec<api::SalesDay>>, ApiError> {
    let to = period.to.unwrap_or_else(|| clock.now().date_naive());
    let from = period.from.or_else(|| to.checked_sub_days(Days::new(DAYS - 1))).unwrap_or(to);
    if from > to || (to - from).num_days() >= MOST_DAYS {
        return Err(ApiError::bad_request("from must not be after to, nor a year before it"));
    }
    let sold = purchases::sales(&db, from, to).await?;
    let days = from.iter_days().take_while(|day| *day <= to).map(|day| {
        let known = sold.iter().find(|sold| sold.day == day).cloned();
        known.unwrap_or(api::SalesDay { day, count: 0, credits: 0 })
    });
    Ok(Json(days.collect()))
}

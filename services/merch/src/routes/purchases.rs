//! Purchases on the website, and what officers learn from all purchases.

use std::{collections::BTreeMap, time::Instant};

use axum::extract::State;
use chrono::{Days, NaiveDate, TimeDelta};
use grove_http::{
    ApiError,
    extract::{Json, Path, Query},
    page::PageResponse,
};
use grove_identity::caller::{AdminOrTop4, CurrentMember, Member, Officer};
use grove_merch_api as api;
use grove_outbox::IdempotencyKey;
use grove_shared::{
    Clock, NetId,
    config::ChapterTime,
    db,
    lenient::Object,
    page::{Limit, PageRequest},
};
use http::StatusCode;
use serde::Deserialize;
use sqlx::MySqlPool;

use crate::{
    checkout::{self, Order},
    error::MerchError,
    purchase,
    state::AppState,
    store::{
        purchases::{self, Finding},
        stock,
    },
};

/// Purchases on a page, unless asked otherwise.
const PAGE: u32 = 20;
const LARGEST_PAGE: u32 = 100;
/// Days of sales, unless asked otherwise.
const DAYS: u64 = 30;
const MOST_DAYS: i64 = 366;

pub(crate) async fn create(
    CurrentMember(Member { netid, .. }): CurrentMember,
    State(state): State<AppState>,
    key: IdempotencyKey,
    Json(Object(new)): Json<Object<api::NewPurchase>>,
) -> Result<(StatusCode, Json<api::Purchase>), ApiError> {
    let arrived = Instant::now();
    if new.items.is_empty() {
        return Err(MerchError::Missing("items").into());
    }
    let order = Order { netid: &netid, items: &new.items, kiosk: None, arrived };
    let purchase = checkout::buy(&state, &order, Some(&key)).await?;
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
) -> Result<PageResponse<api::Purchases>, ApiError> {
    let sees_all = viewer.is_one_of::<AdminOrTop4>();
    let asked = filter.netid.clone();
    let netid = match filter.netid {
        None if sees_all => None,
        None => Some(viewer.netid),
        Some(netid) if netid == viewer.netid || sees_all => Some(netid),
        Some(_) => return Err(MerchError::NotYours.into()),
    };
    let limit = filter.limit.unwrap_or(PAGE);
    if !(1..=LARGEST_PAGE).contains(&limit) {
        return Err(ApiError::bad_request("limit must be from 1 to 100"));
    }
    let request = PageRequest { after: filter.after, limit: Some(Limit::new(limit)) };
    let page = purchase::page(&db, netid.as_ref(), request).await?;
    let asked = asked.as_ref().map(NetId::as_str);
    let path = api::purchases(asked, PageRequest::default()).target()?;
    Ok(PageResponse::in_old_shape(&path, request, page.next, page))
}

pub(crate) async fn show(
    viewer: Member,
    State(db): State<MySqlPool>,
    Path(id): Path<u64>,
) -> Result<Json<api::Purchase>, ApiError> {
    let purchase = purchase::find(&db, id).await?;
    if purchase.netid != viewer.netid.as_str() && !viewer.is_one_of::<AdminOrTop4>() {
        return Err(MerchError::PurchaseNotFound.into());
    }
    Ok(Json(purchase))
}

/// An officer looked, and knows what became of a thing that the machine did not tell of.
pub(crate) async fn resolve(
    Officer(officer, ..): Officer<AdminOrTop4>,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Path((id, number)): Path<(u64, u32)>,
    Json(Object(api::NewResolution { outcome })): Json<Object<api::NewResolution>>,
) -> Result<Json<api::Purchase>, ApiError> {
    let finding = Finding::from(outcome);
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
        tracing::info!(purchase.id = id, "item {number} of {id}: {finding:?}, says {netid}");
    } else if unit.resolved_as != Some(finding) {
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
    _: Officer<AdminOrTop4>,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    State(time): State<ChapterTime>,
    Query(period): Query<Period>,
) -> Result<Json<Vec<api::SalesDay>>, ApiError> {
    let to = period.to.unwrap_or_else(|| time.day_of(clock.now()));
    let from = period.from.or_else(|| to.checked_sub_days(Days::new(DAYS - 1))).unwrap_or(to);
    if from > to || (to - from).num_days() >= MOST_DAYS {
        return Err(ApiError::bad_request("from must not be after to, nor a year before it"));
    }
    let days = from.iter_days().take_while(|day| *day <= to);
    let nothing = |day| (day, api::SalesDay { day, count: 0, credits: 0 });
    let mut days: BTreeMap<_, _> = days.map(nothing).collect();
    let begins = time.start_of(from);
    for sold in purchases::sales(&db, begins, time.end_of(to)).await? {
        let day = time.day_of(begins + TimeDelta::minutes(15 * sold.quarter));
        if let Some(day) = days.get_mut(&day) {
            day.count += sold.count;
            day.credits += sold.credits;
        }
    }
    Ok(Json(days.into_values().collect()))
}

//! Purchases on the website, and what officers learn from all purchases.

use std::{collections::BTreeMap, time::Instant};

use axum::extract::State;
use chrono::{Days, TimeDelta};
use grove_audit::{Change, record};
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
use serde_json::json;
use sqlx::MySqlPool;

use crate::{
    checkout::{self, Order},
    error::MerchError,
    purchase,
    routes::query::{Filter, Period},
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

/// Buys as the caller, and waits up to 6 seconds for the machine
#[utoipa::path(
    post,
    path = "/merch/purchases",
    operation_id = "buy",
    request_body = api::NewPurchase,
    responses(
        (status = 201, description = "Bought, or pending, or given back", body = api::Purchase),
        (status = 400, description = "Nothing is named, or too much, or it is out of stock, or the caller \
                                      has too few credits"),
        (status = 403, description = "The caller is no member today"),
        (status = 404, description = "There is no such item"),
        (status = 409, description = "The vending machine is not connected"),
    ),
)]
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

/// Purchases, the newest first
#[utoipa::path(
    get,
    path = "/merch/purchases",
    operation_id = "list_purchases",
    params(Filter),
    responses(
        (status = 200, description = "A page", body = api::Purchases),
        (status = 400, description = "The limit is not from 1 to 100"),
        (status = 403, description = "They are somebody else's"),
    ),
)]
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

/// One purchase
#[utoipa::path(
    get,
    path = "/merch/purchases/{id}",
    operation_id = "show_purchase",
    responses(
        (status = 200, description = "The purchase", body = api::Purchase),
        (status = 404, description = "There is none that the caller may see"),
    ),
)]
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

/// Says what became of a thing that the machine did not tell of
#[utoipa::path(
    post,
    path = "/merch/purchases/{id}/items/{number}/resolve",
    request_body = api::NewResolution,
    responses(
        (status = 200, description = "The purchase", body = api::Purchase),
        (status = 404, description = "There is no such purchase or thing"),
        (status = 409, description = "Its outcome is known, or another was found before"),
    ),
)]
pub(crate) async fn resolve(
    Officer(officer, ..): Officer<AdminOrTop4>,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Path((id, number)): Path<(u64, u32)>,
    Json(Object(api::NewResolution { outcome })): Json<Object<api::NewResolution>>,
) -> Result<Json<api::Purchase>, ApiError> {
    let finding = Finding::from(outcome);
    let purchase = purchases::find(&db, id).await?;
    let units = purchases::units(&db, id, id).await?;
    let unit = units.into_iter().find(|unit| unit.position == number);
    let unit = unit.ok_or(MerchError::ItemNotFound)?;
    let mut transaction = db::begin(&db).await?;
    let netid = &officer.netid;
    if purchases::resolve(&mut transaction, &unit, finding, netid, clock.now()).await? {
        if outcome == api::Finding::Vended {
            stock::correct(&mut transaction, &unit.location, unit.item_id, -1).await?;
        }
        let resolved = Change::new(netid, "resolved", "purchase", id)
            .from(json!({ "item": number, "outcome": api::ItemOutcome::Unknown }))
            .to(json!({ "item": number, "outcome": outcome }))
            .irreversible("Something is found once. Set the stock of the slot, if that is wrong.");
        let resolved = match &purchase.netid {
            Some(buyer) => resolved.about(buyer),
            None => resolved,
        };
        record(&mut transaction, resolved, clock.now()).await?;
        tracing::info!(purchase.id = id, "item {number} of {id}: {finding:?}, says {netid}");
    } else if unit.resolved_as != Some(finding) {
        return Err(MerchError::NotUnknown.into());
    }
    transaction.commit().await?;
    Ok(Json(purchase::find(&db, id).await?))
}

/// What was sold on each day, also on those on which nothing was
#[utoipa::path(
    get,
    path = "/merch/sales",
    params(Period),
    responses(
        (status = 200, description = "The days", body = Vec<api::SalesDay>),
        (status = 400, description = "The period is none, or longer than a year"),
    ),
)]
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

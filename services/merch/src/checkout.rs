//! Begins purchases and waits for what the machine makes of them.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use grove_http::ApiError;
use grove_merch_api as api;
use grove_outbox::{IdempotencyKey, StoredReply};
use grove_shared::{NetId, db};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::{
    error::MerchError,
    member, purchase,
    state::AppState,
    store::{customers, purchases, stock, units},
};

/// How long a request waits for the machine. It may ask other services too, and has eight seconds.
const TIMEOUT: Duration = Duration::from_secs(6);
/// The first pause between two looks at a purchase; each is twice as long as the one before.
const FIRST_LOOK: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_millis(400);
/// Things that can be bought at once.
const MOST: usize = 10;

/// What someone buys.
#[derive(Debug, Serialize)]
pub(crate) struct Order<'a> {
    pub(crate) netid: &'a NetId,
    /// Ids of items, in the order in which they are vended.
    pub(crate) items: &'a [u64],
    /// Where, if not on the website.
    #[serde(skip)]
    pub(crate) kiosk: Option<&'a str>,
    /// When the request arrived.
    #[serde(skip)]
    pub(crate) arrived: Instant,
}

/// What is kept of a purchase under its idempotency key.
#[derive(Debug, Serialize, Deserialize)]
struct Begun {
    purchase_id: u64,
}

/// Buys, and waits for the outcome as long as a person at a machine does.
pub(crate) async fn buy(
    state: &AppState,
    order: &Order<'_>,
    key: Option<&IdempotencyKey>,
) -> Result<api::Purchase, ApiError> {
    let id = match repeated(state, order, key).await? {
        Some(id) => id,
        None => match check(state, order).await {
            Ok(()) => begin(state, order, key).await?,
            // What is missing may be what a request with the same key has taken in the meantime.
            Err(cause) => repeated(state, order, key).await?.ok_or(cause)?,
        },
    };
    let mut pause = FIRST_LOOK;
    while purchases::undecided(&state.db, id).await? > 0 && order.arrived.elapsed() < TIMEOUT {
        tokio::time::sleep(pause).await;
        pause = (2 * pause).min(LONGEST_PAUSE);
    }
    Ok(purchase::find(&state.db, id).await?)
}

/// The purchase that an earlier request with the same key began.
async fn repeated(
    state: &AppState,
    order: &Order<'_>,
    key: Option<&IdempotencyKey>,
) -> Result<Option<u64>, ApiError> {
    let Some(key) = key else { return Ok(None) };
    key.find(&state.db, order).await?.map(|reply| begun(&reply)).transpose()
}

fn begun(reply: &StoredReply) -> Result<u64, ApiError> {
    let begun: Begun = serde_json::from_str(&reply.body).map_err(ApiError::internal)?;
    Ok(begun.purchase_id)
}

/// Refuses what is bound to fail, before anything changes and in the order that old kiosks know.
async fn check(state: &AppState, order: &Order<'_>) -> Result<(), MerchError> {
    if order.items.len() > MOST {
        let message = format!("At most {MOST} things can be bought at once");
        return Err(MerchError::Malformed(message));
    }
    let mut cost = 0;
    let locations = stock::locations(&state.db).await?;
    for (id, count) in counted(order.items) {
        let item = stock::item(&state.db, id).await?;
        cost += i64::from(item.price) * i64::from(count);
        let item = item.with_stock(state.time, &locations);
        if item.total_stock < u64::from(count) {
            return Err(MerchError::OutOfStock(item.name));
        }
    }
    if state.machine.is_none() {
        return Err(MerchError::NoMachine);
    }
    member::enrol(state, order.netid).await?;
    if cost > 0 {
        let balance = member::balance(&state.peers, order.netid).await;
        let balance = balance.map_err(MerchError::NoBalance)?;
        if balance.is_none_or(|balance| balance.available < cost) {
            return Err(MerchError::InsufficientCredits);
        }
    }
    Ok(())
}

/// How often each item is wanted, by id.
fn counted(items: &[u64]) -> BTreeMap<u64, u32> {
    let mut counts = BTreeMap::new();
    for item in items {
        *counts.entry(*item).or_default() += 1;
    }
    counts
}

/// Takes everything out of stock, or nothing; the worker does the rest. The buyer is locked first, so that
/// either this is there when they are forgotten, or nothing begins any more.
async fn begin(
    state: &AppState,
    order: &Order<'_>,
    key: Option<&IdempotencyKey>,
) -> Result<u64, ApiError> {
    let now = state.clock.now();
    let mut transaction = db::begin(&state.db).await?;
    if !customers::lock(&mut transaction, order.netid).await? {
        return Err(MerchError::MembersOnly.into());
    }
    if let Some(key) = key
        && let Some(reply) = key.begin(&mut transaction, order, now).await?
    {
        return begun(&reply);
    }
    let mut shelf = BTreeMap::new();
    // In the order of their ids, so that two buyers never wait for each other.
    for id in counted(order.items).into_keys() {
        shelf.insert(id, stock::lock_item(&mut transaction, id).await?);
    }
    let purchase = purchases::insert(&mut transaction, order.netid, order.kiosk, now).await?;
    for (position, id) in (1..).zip(order.items) {
        let item = shelf.get(id).ok_or(MerchError::ItemNotFound)?;
        let location = stock::take(&mut transaction, item).await?;
        units::insert(&mut transaction, (purchase, position), item, &location, now).await?;
    }
    if let Some(key) = key {
        let begun = Begun { purchase_id: purchase };
        key.finish(&mut transaction, StatusCode::OK, &begun).await?;
    }
    transaction.commit().await?;
    state.bell.notify_one();
    tracing::info!(purchase.id = purchase, "purchase {purchase} of {} begins", order.netid);
    Ok(purchase)
}

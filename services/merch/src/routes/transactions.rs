//! Purchases at kiosks, with a PIN.

use std::time::{Duration, Instant};

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use grove_http::{ApiError, extract::Json};
use grove_identity::caller::Caller;
use grove_merch_api as api;
use grove_merch_api::{ItemOutcome, PurchaseState};
use grove_outbox::IdempotencyKey;
use grove_shared::{
    envelope::Data,
    lenient::{Lenient, Object},
};
use http::StatusCode;

use crate::{
    checkout::{self, Order},
    error::MerchError,
    item::required,
    kiosk, member, purchase,
    state::AppState,
    store::customers::CustomerRow,
};

/// How long the reply waits for the balance.
const BALANCE_WITHIN: Duration = Duration::from_secs(1);

/// Buys at a kiosk with a PIN, and waits up to 6 seconds for the machine
#[utoipa::path(
    post,
    path = "/merch/transactions",
    operation_id = "sell",
    request_body = api::NewTransaction,
    responses(
        (status = 200, description = "Everything fell out", body = Data<api::Transaction>),
        (status = 202, description = "It takes longer", body = Data<api::Transaction>),
        (status = 400, description = "A field is missing or wrong, or something is out of stock, or the buyer \
                                      has too few credits"),
        (status = 403, description = "The buyer is no member today"),
        (status = 404, description = "There is no such item, or the PIN is nobody's"),
        (status = 409, description = "Something did not fall out and is not charged: `message` says why, `data` \
                                      is the transaction; or there is no machine, or there are no PINs"),
        (status = 429, description = "There were too many wrong PINs"),
    ),
)]
pub(crate) async fn create(
    caller: Caller,
    State(state): State<AppState>,
    key: Option<IdempotencyKey>,
    Json(Object(form)): Json<Object<api::NewTransaction>>,
) -> Result<Response, ApiError> {
    let arrived = Instant::now();
    let items = items(&form.items)?;
    let pin = required("pin", &form.pin)?;
    let customer = kiosk::identify(&state, &caller, &pin).await?;
    let kiosk = kiosk::client(&caller);
    let order = Order { netid: &customer.netid, items: &items, kiosk: Some(&kiosk), arrived };
    let purchase = checkout::buy(&state, &order, key.as_ref()).await?;
    reply(&state, &customer, purchase).await
}

/// The ids, as numbers or as text.
fn items(form: &Lenient) -> Result<Vec<u64>, MerchError> {
    let items = form.list().map_err(|_| MerchError::NoArray)?.unwrap_or_default();
    if items.is_empty() {
        return Err(MerchError::Missing("items"));
    }
    let id = |item: &Lenient| item.number().ok().flatten().ok_or(MerchError::ItemNotFound);
    items.iter().map(id).collect()
}

async fn reply(
    state: &AppState,
    customer: &CustomerRow,
    purchase: api::Purchase,
) -> Result<Response, ApiError> {
    let CustomerRow { netid, .. } = customer;
    let user = member::with_balance(&state.peers, state.time, netid, Some(customer));
    let user = tokio::time::timeout(BALANCE_WITHIN, user).await;
    let user = user.unwrap_or_else(|_| member::without_balance(state.time, netid, Some(customer)));
    let items = purchase::items_of(&state.db, state.time, &purchase).await?;
    let failures = failures(&purchase);
    let transaction = api::Transaction {
        id: purchase.id,
        user,
        items,
        cost: purchase.cost,
        created_on: state.time.day_of(purchase.created_at),
        state: purchase.state,
        outcomes: purchase.items,
    };
    match transaction.state {
        PurchaseState::Done => Ok(Json(Data::new(transaction)).into_response()),
        PurchaseState::Pending => {
            Ok((StatusCode::ACCEPTED, Json(Data::new(transaction))).into_response())
        }
        PurchaseState::Failed => {
            let data = serde_json::to_value(&transaction).map_err(ApiError::internal)?;
            Err(ApiError::conflict("One of your items could not vend properly.")
                .with("message", failures)
                .with("data", data))
        }
    }
}

/// What the buyer is told of each thing that did not fall out.
fn failures(purchase: &api::Purchase) -> String {
    let missing = |item: &&api::PurchaseItem| {
        matches!(item.outcome, ItemOutcome::Refunded | ItemOutcome::Unknown)
    };
    let tell = |item: &api::PurchaseItem| {
        let reason = item.reason.as_deref().unwrap_or("It did not fall out");
        format!("{}: {reason}. It was not charged.", item.name)
    };
    purchase.items.iter().filter(missing).map(tell).collect::<Vec<_>>().join(" ")
}

//! Purchases at kiosks, with a PIN.

use std::time::{Duration, Instant};

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use grove_shared::{
    ApiError,
    api::{
        envelope::Data,
        merch::{self as api, ItemOutcome, PurchaseState},
    },
    caller::Caller,
    extract::Json,
    idempotency::IdempotencyKey,
};
use http::StatusCode;
use serde_json::Value;

use crate::{
    AppState,
    checkout::{self, Wish},
    error::MerchError,
    form::Form,
    kiosk, member, purchase,
    store::customers::CustomerRow,
};

/// How long the reply waits for the balance.
const BALANCE_WITHIN: Duration = Duration::from_secs(1);

pub(crate) async fn create(
    caller: Caller,
    State(state): State<AppState>,
    key: Option<IdempotencyKey>,
    Json(body): Json<Value>,
) -> Result<Response, ApiError> {
    let arrived = Instant::now();
    let form = Form::from(body);
    let items = items(&form)?;
    let pin = form.text("pin")?;
    let customer = kiosk::identify(&state, &caller, &pin).await?;
    let kiosk = kiosk::client(&caller);
    let wish = Wish { netid: &customer.netid, items: &items, kiosk: Some(&kiosk), arrived };
    let purchase = checkout::buy(&state, &wish, key.as_ref()).await?;
    reply(&state, customer.clone(), purchase).await
}

/// The ids, as numbers or as text.
fn items(form: &Form) -> Result<Vec<u64>, MerchError> {
    let items = match form.value("items") {
        None => return Err(MerchError::Missing("items")),
        Some(Value::String(text)) if text.is_empty() => return Err(MerchError::Missing("items")),
        Some(Value::Array(items)) if items.is_empty() => return Err(MerchError::Missing("items")),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(MerchError::NoArray),
    };
    let id = |item: &Value| match item {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    items.iter().map(|item| id(item).ok_or(MerchError::ItemNotFound)).collect()
}

async fn reply(
    state: &AppState,
    customer: CustomerRow,
    purchase: api::Purchase,
) -> Result<Response, ApiError> {
    let netid = customer.netid.clone();
    let user = member::with_balance(&state.peers, &netid, Some(customer.clone()));
    let user = tokio::time::timeout(BALANCE_WITHIN, user).await;
    let user = user.unwrap_or_else(|_| member::without_balance(&netid, Some(customer)));
    let items = purchase::items_of(&state.db, &purchase).await?;
    let failures = failures(&purchase);
    let transaction = api::Transaction {
        id: purchase.id,
        user,
        items,
        cost: purchase.cost,
        created_on: purchase.created_at.date_naive(),
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

//! What officers do with the ledger.

use axum::extract::State;
use grove_shared::{
    ApiError,
    api::credits::{Balance, Party, SystemAccount},
    caller::Officer,
    db,
    extract::{Json, Path, Query},
    idempotency::{IdempotencyKey, StoredReply},
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    AppState,
    error::CreditsError,
    ledger::{self, Transfer},
    proof::{self, Proof},
    request::{self, Amount, Description},
    store::accounts,
};

pub(crate) async fn balances(
    _: Officer,
    State(AppState { db, .. }): State<AppState>,
) -> Result<Json<Vec<Balance>>, ApiError> {
    Ok(Json(accounts::balances(&db).await?))
}

/// A correction of a member's balance.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Adjustment {
    #[serde(default)]
    netid: Value,
    #[serde(default)]
    amount: Value,
    #[serde(default)]
    description: Option<String>,
}

pub(crate) async fn adjust(
    Officer(officer): Officer,
    State(AppState { db, members, clock, .. }): State<AppState>,
    key: Option<IdempotencyKey>,
    Json(request): Json<Adjustment>,
) -> Result<StoredReply, ApiError> {
    let netid = request::netid(&request.netid)?;
    let amount = Amount::parse(&request.amount)?.get();
    let description = Description::parse(request.description.as_deref().unwrap_or_default())?;
    let parties = [Party::Member(netid), Party::System(SystemAccount::Mint)];
    let [member, mint] = members.holders(parties).await.map_err(|cause| match cause {
        CreditsError::UnknownUser => CreditsError::field("netid", request::NOBODY),
        cause => cause,
    })?;
    let now = clock.now();
    let (from, to) = if amount < 0 { (member, mint) } else { (mint, member) };
    let transfer = Transfer {
        from,
        to,
        amount: amount.abs(),
        description: description.as_str(),
        actor: officer.netid.as_str(),
    };
    // Old clients send no key; one of chance never repeats.
    let key = key.unwrap_or_else(|| IdempotencyKey::random(officer.netid.as_str()));
    let mut transaction = db::begin(&db).await?;
    if let Some(reply) = key.begin(&mut transaction, &request, now).await? {
        return Ok(reply);
    }
    let done = ledger::transfer(&mut transaction, &transfer, now).await?;
    let reply = key.finish(&mut transaction, StatusCode::OK, &done).await?;
    transaction.commit().await?;
    tracing::info!(credits.transaction = done.id, "{} adjusts a balance", officer.netid);
    Ok(reply)
}

/// Why a transaction is undone.
#[derive(Debug, Deserialize)]
pub(crate) struct Reason {
    #[serde(default)]
    reason: String,
}

pub(crate) async fn reverse(
    Officer(officer): Officer,
    State(AppState { db, clock, .. }): State<AppState>,
    Path(id): Path<u64>,
    Query(Reason { reason }): Query<Reason>,
) -> Result<Json<Value>, ApiError> {
    let reason = Description::parse(&reason)?;
    let reason = if reason.as_str().is_empty() { "no reason given" } else { reason.as_str() };
    let mut transaction = db::begin(&db).await?;
    let reversal =
        ledger::reverse(&mut transaction, id, officer.netid.as_str(), reason, clock.now()).await?;
    transaction.commit().await?;
    tracing::info!(credits.transaction = reversal, "{} reverses {id}", officer.netid);
    // The words of the old system, which deleted; here the transaction stays and is undone.
    let message = format!("Deleted transaction: {id}");
    Ok(Json(json!({ "message": message, "reversal": reversal })))
}

pub(crate) async fn audit(
    _: Officer,
    State(AppState { db, clock, .. }): State<AppState>,
) -> Result<Json<Proof>, ApiError> {
    Ok(Json(proof::prove(&db, clock.now()).await?))
}

//! What officers do with the ledger.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use grove_credits_api::{Audit, OpenHold, Party, Reversal, SystemAccount};
use grove_http::{
    ApiError,
    extract::{Json, Path, Query},
    page::PageResponse,
};
use grove_identity::caller::{Admin, Officer};
use grove_outbox::{IdempotencyKey, StoredReply};
use grove_shared::{
    db,
    envelope::Message,
    page::{Page, PageRequest},
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    AppState,
    error::CreditsError,
    ledger::{self, Transfer},
    proof,
    request::{self, Amount, Description},
    store::{accounts, holds},
};

/// A page, if one is asked for. Old clients do not, and get everyone by NetID.
pub(crate) async fn balances(
    _: Officer<Admin>,
    State(AppState { db, .. }): State<AppState>,
    Query(request): Query<PageRequest>,
) -> Result<Response, ApiError> {
    if !request.is_given() {
        return Ok(Json(accounts::balances(&db).await?).into_response());
    }
    let page = Page::of(accounts::page(&db, request).await?, request, |listed| listed.id);
    let page = page.map(grove_credits_api::Balance::from);
    Ok(PageResponse::new("/credits/users", request, page).into_response())
}

/// What an officer sends to correct a member's balance: numbers may be text.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct AdjustmentForm {
    #[serde(default)]
    netid: Value,
    #[serde(default)]
    amount: Value,
    #[serde(default)]
    description: Option<String>,
}

pub(crate) async fn adjust(
    Officer(officer, ..): Officer<Admin>,
    State(AppState { db, members, clock, .. }): State<AppState>,
    key: Option<IdempotencyKey>,
    Json(request): Json<AdjustmentForm>,
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
    Officer(officer, ..): Officer<Admin>,
    State(AppState { db, clock, .. }): State<AppState>,
    Path(id): Path<u64>,
    Query(Reason { reason }): Query<Reason>,
) -> Result<Json<Reversal>, ApiError> {
    let reason = Description::parse(&reason)?;
    let reason = if reason.as_str().is_empty() { "no reason given" } else { reason.as_str() };
    let mut transaction = db::begin(&db).await?;
    let reversal =
        ledger::reverse(&mut transaction, id, officer.netid.as_str(), reason, clock.now()).await?;
    transaction.commit().await?;
    tracing::info!(credits.transaction = reversal, "{} reverses {id}", officer.netid);
    // The words of the old system, which deleted; here the transaction stays and is undone.
    let message = format!("Deleted transaction: {id}");
    Ok(Json(Reversal { message, reversal }))
}

pub(crate) async fn audit(
    _: Officer<Admin>,
    State(AppState { db, clock, .. }): State<AppState>,
) -> Result<Json<Audit>, ApiError> {
    Ok(Json(proof::audit(&db, clock.now()).await?))
}

pub(crate) async fn holds(
    _: Officer<Admin>,
    State(AppState { db, .. }): State<AppState>,
    Query(request): Query<PageRequest>,
) -> Result<PageResponse<Page<OpenHold>>, ApiError> {
    let page = Page::of(holds::open(&db, request).await?, request, |hold| hold.id);
    Ok(PageResponse::new("/credits/holds", request, page.map(OpenHold::from)))
}

pub(crate) async fn release(
    Officer(officer, ..): Officer<Admin>,
    State(AppState { db, clock, .. }): State<AppState>,
    Path(id): Path<u64>,
) -> Result<Json<Message>, ApiError> {
    let mut transaction = db::begin(&db).await?;
    let by = officer.netid.as_str();
    ledger::release(&mut transaction, id, None, by, clock.now()).await?;
    transaction.commit().await?;
    tracing::info!(hold.id = id, "{} releases hold {id}", officer.netid);
    Ok(Json(Message::new("The credits were given back.")))
}

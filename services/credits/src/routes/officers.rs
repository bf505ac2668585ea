//! What officers do with the ledger.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use grove_audit::record;
use grove_credits_api::{
    Adjustment, Audit, Balance, OpenHold, Party, Reversal, SystemAccount, Transaction,
};
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
    holding,
    ledger::{self, Transfer},
    logged, proof,
    request::{self, Amount, Description},
    store::{accounts, holds},
};

/// Either shape of the list, for its description.
#[derive(utoipa::ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only described")]
enum BalanceList {
    Everything(Vec<Balance>),
    Page(Page<Balance>),
}

/// What everyone has
///
/// A page in the order of the accounts, if one is asked for. Old clients do not, and get everyone by NetID.
#[utoipa::path(
    get,
    path = "/credits/users",
    params(PageRequest),
    responses((status = 200, description = "Everyone, or a page", body = BalanceList)),
)]
pub(crate) async fn balances(
    _: Officer<Admin>,
    State(AppState { db, .. }): State<AppState>,
    Query(request): Query<PageRequest>,
) -> Result<Response, ApiError> {
    if !request.is_given() {
        return Ok(Json(accounts::balances(&db).await?).into_response());
    }
    let page = Page::of(accounts::page(&db, request).await?, request, |listed| listed.id);
    let page = page.map(Balance::from);
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

/// Gives somebody credits, or takes them
#[utoipa::path(
    post,
    path = "/credits/transactions",
    request_body = Adjustment,
    responses(
        (status = 200, description = "Done; the line of their history", body = Transaction),
        (status = 400, description = "A field is missing or malformed, or the NetID is no member's"),
        (status = 402, description = "There are not enough credits to take"),
    ),
)]
pub(crate) async fn adjust(
    Officer(officer, ..): Officer<Admin>,
    State(AppState { db, members, clock, .. }): State<AppState>,
    key: Option<IdempotencyKey>,
    Json(request): Json<AdjustmentForm>,
) -> Result<StoredReply, ApiError> {
    let netid = request::netid(&request.netid)?;
    let amount = Amount::parse(&request.amount)?.get();
    let description = Description::parse(request.description.as_deref().unwrap_or_default())?;
    let parties = [Party::Member(netid.clone()), Party::System(SystemAccount::Mint)];
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
        actor: Some(officer.netid.as_str()),
    };
    // Old clients send no key; one of chance never repeats.
    let key = key.unwrap_or_else(|| IdempotencyKey::random("adjustment"));
    let mut transaction = db::begin(&db).await?;
    if let Some(reply) = key.begin(&mut transaction, &request, now).await? {
        return Ok(reply);
    }
    let done = ledger::transfer(&mut transaction, &transfer, now).await?;
    record(&mut transaction, logged::adjusted(&officer, &netid, &done), now).await?;
    let reply = key.finish(&mut transaction, StatusCode::OK, &done).await?;
    transaction.commit().await?;
    tracing::info!(credits.transaction = done.id, "{} adjusts a balance", officer.netid);
    Ok(reply)
}

/// Why a transaction is undone.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Reason {
    /// In a line; it is a part of what the reversal is for.
    #[serde(default)]
    #[param(max_length = 200, example = "Wrong person")]
    reason: String,
}

/// Undoes an adjustment
///
/// Nothing is deleted: a transaction does the opposite, and names this one.
#[utoipa::path(
    delete,
    path = "/credits/transactions/{id}",
    params(Reason),
    responses(
        (status = 200, description = "Undone", body = Reversal),
        (status = 400, description = "The reason is no line, or too long"),
        (status = 402, description = "The credits are spent already"),
        (status = 404, description = "There is no such transaction, or it was of somebody who was forgotten"),
        (status = 409, description = "It is no adjustment, or was undone already"),
    ),
)]
pub(crate) async fn reverse(
    Officer(officer, ..): Officer<Admin>,
    State(AppState { db, clock, .. }): State<AppState>,
    Path(id): Path<u64>,
    Query(Reason { reason }): Query<Reason>,
) -> Result<Json<Reversal>, ApiError> {
    let reason = Description::parse(&reason)?;
    let reason = if reason.as_str().is_empty() { "no reason given" } else { reason.as_str() };
    let now = clock.now();
    let mut transaction = db::begin(&db).await?;
    let reversed =
        ledger::reverse(&mut transaction, id, officer.netid.as_str(), reason, now).await?;
    let reversal = (reversed.id, reversed.amount);
    let change = logged::reversed(&officer, id, reversal, reversed.netid.as_ref());
    record(&mut transaction, change, now).await?;
    transaction.commit().await?;
    let reversal = reversed.id;
    tracing::info!(credits.transaction = reversal, "{} reverses {id}", officer.netid);
    // The words of the old system, which deleted; here the transaction stays and is undone.
    let message = format!("Deleted transaction: {id}");
    Ok(Json(Reversal { message, reversal }))
}

/// Proves the whole ledger, and says what is wrong with it
#[utoipa::path(
    get,
    path = "/credits/audit",
    responses((status = 200, description = "What was found", body = Audit)),
)]
pub(crate) async fn audit(
    _: Officer<Admin>,
    State(AppState { db, clock, .. }): State<AppState>,
) -> Result<Json<Audit>, ApiError> {
    Ok(Json(proof::audit(&db, clock.now()).await?))
}

/// What services hold
///
/// A page of the holds that are not settled, the oldest first.
#[utoipa::path(
    get,
    path = "/credits/holds",
    params(PageRequest),
    responses((status = 200, description = "The page", body = Page<OpenHold>)),
)]
pub(crate) async fn holds(
    _: Officer<Admin>,
    State(AppState { db, .. }): State<AppState>,
    Query(request): Query<PageRequest>,
) -> Result<PageResponse<Page<OpenHold>>, ApiError> {
    let page = Page::of(holds::open(&db, request).await?, request, |hold| hold.id);
    Ok(PageResponse::new("/credits/holds", request, page.map(OpenHold::from)))
}

/// Gives back what a service holds
#[utoipa::path(
    post,
    path = "/credits/holds/{id}/release",
    responses(
        (status = 200, description = "Given back, now or before", body = Message),
        (status = 404, description = "There is no such hold"),
        (status = 409, description = "It was captured already"),
    ),
)]
pub(crate) async fn release(
    Officer(officer, ..): Officer<Admin>,
    State(AppState { db, clock, .. }): State<AppState>,
    Path(id): Path<u64>,
) -> Result<Json<Message>, ApiError> {
    let mut transaction = db::begin(&db).await?;
    let (by, now) = (officer.netid.as_str(), clock.now());
    let ended = holding::release(&mut transaction, id, None, by, now).await?;
    if ended.is_new {
        record(&mut transaction, logged::ended(&officer, &ended.hold), now).await?;
    }
    transaction.commit().await?;
    tracing::info!(hold.id = id, "{} releases hold {id}", officer.netid);
    Ok(Json(Message::new("The credits were given back.")))
}

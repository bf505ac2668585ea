//! What other services ask for.

use axum::extract::State;
use chrono::TimeDelta;
use grove_audit::record;
use grove_credits_api::{
    AccountOwner, Balance, Capture, Hold, InternalTransfer, NewHold, Party, SystemAccount,
};
use grove_http::{
    ApiError,
    extract::{Json, Path},
};
use grove_identity::caller::{AllowList, Peer};
use grove_outbox::{IdempotencyKey, StoredReply};
use grove_shared::{NetId, db};
use http::StatusCode;

use crate::{
    AppState,
    error::CreditsError,
    holding,
    ledger::{self, Transfer},
    logged,
    request::{Amount, Description},
    store::holds,
};

/// How long a hold lasts if nothing is said, and at most, in seconds.
const EXPIRES_IN: u32 = 7 * DAY;
const LONGEST_HOLD: u32 = 30 * DAY;
const DAY: u32 = 24 * 60 * 60;

/// Who may move credits.
#[derive(Debug)]
pub(crate) struct GigsAndMerch;

impl AllowList for GigsAndMerch {
    const SERVICES: &'static [&'static str] = &["gigs", "merch"];
}

/// Who may set credits aside.
#[derive(Debug)]
pub(crate) struct Merch;

impl AllowList for Merch {
    const SERVICES: &'static [&'static str] = &["merch"];
}

/// Who may say that somebody is a member.
#[derive(Debug)]
pub(crate) struct Users;

impl AllowList for Users {
    const SERVICES: &'static [&'static str] = &["users"];
}

/// Whether a service may move credits this way.
fn is_allowed(service: &str, from: &Party, to: &Party) -> bool {
    use Party::{Member, System};
    use SystemAccount::{GigEscrow, MerchSales, Mint};
    matches!(
        (service, from, to),
        ("gigs", Member(_), System(GigEscrow))
            | ("gigs", System(GigEscrow | Mint), Member(_))
            | ("merch", System(MerchSales), Member(_))
    )
}

pub(crate) async fn transfer(
    peer: Peer<GigsAndMerch>,
    State(AppState { db, members, clock, .. }): State<AppState>,
    key: IdempotencyKey,
    Json(request): Json<InternalTransfer>,
) -> Result<StoredReply, ApiError> {
    if !is_allowed(&peer.name, &request.from, &request.to) {
        return Err(CreditsError::NotAllowed.into());
    }
    let amount = Amount::new(request.amount)?.positive()?;
    let description = Description::parse(&request.description)?;
    let parties = [request.from.clone(), request.to.clone()];
    let [from, to] = match members.holders(parties).await {
        Ok(holders) => holders,
        // Who had an account when the request first came may have none when it comes again.
        Err(cause) => return key.find(&db, &request).await?.ok_or_else(|| cause.into()),
    };
    let (now, actor) = (clock.now(), format!("service:{}", peer.name));
    let mut transaction = db::begin(&db).await?;
    if let Some(reply) = key.begin(&mut transaction, &request, now).await? {
        return Ok(reply);
    }
    let description = description.as_str();
    let transfer = Transfer { from, to, amount, description, actor: Some(&actor) };
    let done = ledger::transfer(&mut transaction, &transfer, now).await?;
    let moved = logged::moved(&peer, [&request.from, &request.to], &done);
    record(&mut transaction, moved, now).await?;
    let reply = key.finish(&mut transaction, StatusCode::OK, &done).await?;
    transaction.commit().await?;
    Ok(reply)
}

pub(crate) async fn hold(
    peer: Peer<Merch>,
    State(AppState { db, members, clock, .. }): State<AppState>,
    key: IdempotencyKey,
    Json(request): Json<NewHold>,
) -> Result<StoredReply, ApiError> {
    let amount = Amount::new(request.amount)?.positive()?;
    let description = Description::parse(&request.description)?;
    let expires_in = request.expires_in.unwrap_or(EXPIRES_IN);
    if !(1..=LONGEST_HOLD).contains(&expires_in) {
        let reason = format!("A hold lasts 1 to {LONGEST_HOLD} seconds");
        return Err(CreditsError::field("expires_in", reason).into());
    }
    let holder = match members.holder(Party::Member(request.netid.clone())).await {
        Ok(holder) => holder,
        Err(cause) => return key.find(&db, &request).await?.ok_or_else(|| cause.into()),
    };
    let now = clock.now();
    let mut transaction = db::begin(&db).await?;
    if let Some(reply) = key.begin(&mut transaction, &request, now).await? {
        return Ok(reply);
    }
    let new = holds::NewHold {
        account_id: holder.account_id,
        amount,
        description: description.as_str(),
        service: &peer.name,
        expires_at: now + TimeDelta::seconds(expires_in.into()),
    };
    let hold = holding::hold(&mut transaction, &new, now).await?;
    record(&mut transaction, logged::held(&peer, &hold), now).await?;
    let reply = key.finish(&mut transaction, StatusCode::OK, &hold).await?;
    transaction.commit().await?;
    Ok(reply)
}

pub(crate) async fn show_hold(
    peer: Peer<Merch>,
    State(AppState { db, .. }): State<AppState>,
    Path(id): Path<u64>,
) -> Result<Json<Hold>, ApiError> {
    Ok(Json(holds::find(&db, id).await?.of(&peer.name)?.into()))
}

pub(crate) async fn capture(
    peer: Peer<Merch>,
    State(AppState { db, clock, .. }): State<AppState>,
    Path(id): Path<u64>,
    Json(Capture { to }): Json<Capture>,
) -> Result<Json<Hold>, ApiError> {
    let Party::System(to @ SystemAccount::MerchSales) = to else {
        return Err(CreditsError::NotAllowed.into());
    };
    let mut transaction = db::begin(&db).await?;
    let now = clock.now();
    let ended = holding::capture(&mut transaction, id, to, &peer.name, now).await?;
    if ended.is_new {
        record(&mut transaction, logged::ended(&peer, &ended.hold), now).await?;
    }
    transaction.commit().await?;
    Ok(Json(ended.hold))
}

pub(crate) async fn release(
    peer: Peer<Merch>,
    State(AppState { db, clock, .. }): State<AppState>,
    Path(id): Path<u64>,
) -> Result<Json<Hold>, ApiError> {
    let mut transaction = db::begin(&db).await?;
    let (service, by) = (peer.name.as_str(), format!("service:{}", peer.name));
    let now = clock.now();
    let ended = holding::release(&mut transaction, id, Some(service), &by, now).await?;
    if ended.is_new {
        record(&mut transaction, logged::ended(&peer, &ended.hold), now).await?;
    }
    transaction.commit().await?;
    Ok(Json(ended.hold))
}

pub(crate) async fn balance(
    _: Peer<GigsAndMerch>,
    State(AppState { members, .. }): State<AppState>,
    Path(netid): Path<NetId>,
) -> Result<Json<Balance>, ApiError> {
    let balance = members.balance(&netid).await?;
    Ok(Json(balance.ok_or(CreditsError::UnknownUser)?))
}

pub(crate) async fn open_account(
    peer: Peer<Users>,
    State(AppState { members, clock, .. }): State<AppState>,
    Json(AccountOwner { netid }): Json<AccountOwner>,
) -> Result<Json<Balance>, ApiError> {
    members.open(&netid, &peer, clock.now()).await?;
    let balance = members.balance(&netid).await?;
    Ok(Json(balance.ok_or(CreditsError::UnknownUser)?))
}

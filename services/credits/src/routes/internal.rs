//! What other services ask for.

use axum::extract::State;
use chrono::TimeDelta;
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
    ledger::{self, Transfer},
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
    let [from, to] = members.holders(parties).await?;
    let (now, actor) = (clock.now(), format!("service:{}", peer.name));
    let mut transaction = db::begin(&db).await?;
    if let Some(reply) = key.begin(&mut transaction, &request, now).await? {
        return Ok(reply);
    }
    let description = description.as_str();
    let transfer = Transfer { from, to, amount, description, actor: &actor };
    let done = ledger::transfer(&mut transaction, &transfer, now).await?;
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
    let holder = members.holder(Party::Member(request.netid.clone())).await?;
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
    let hold = ledger::hold(&mut transaction, &new, now).await?;
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
    let hold = ledger::capture(&mut transaction, id, to, &peer.name, clock.now()).await?;
    transaction.commit().await?;
    Ok(Json(hold))
}

pub(crate) async fn release(
    peer: Peer<Merch>,
    State(AppState { db, clock, .. }): State<AppState>,
    Path(id): Path<u64>,
) -> Result<Json<Hold>, ApiError> {
    let mut transaction = db::begin(&db).await?;
    let (service, by) = (peer.name.as_str(), format!("service:{}", peer.name));
    let hold = ledger::release(&mut transaction, id, Some(service), &by, clock.now()).await?;
    transaction.commit().await?;
    Ok(Json(hold))
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
    _: Peer<Users>,
    State(AppState { members, .. }): State<AppState>,
    Json(AccountOwner { netid }): Json<AccountOwner>,
) -> Result<Json<Balance>, ApiError> {
    members.open(&netid).await?;
    let balance = members.balance(&netid).await?;
    Ok(Json(balance.ok_or(CreditsError::UnknownUser)?))
}

//! What a person does with the own credits.

use axum::extract::State;
use grove_credits_api::{Balance, NewTransfer, Party, Transaction};
use grove_http::{
    ApiError,
    extract::{Json, Path},
};
use grove_identity::caller::{Admin, CurrentMember, Member};
use grove_outbox::{IdempotencyKey, StoredReply};
use grove_shared::{NetId, db};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    AppState,
    error::CreditsError,
    ledger::{self, Transfer},
    request::{self, Amount, Description},
};

/// The person whose account it is, if the caller may see it.
pub(crate) fn visible(viewer: &Member, netid: &str) -> Result<NetId, CreditsError> {
    // Someone else's is 404, which does not tell who has an account.
    let netid: NetId = netid.parse().map_err(|_| CreditsError::UnknownUser)?;
    if viewer.netid == netid || viewer.is_one_of::<Admin>() {
        Ok(netid)
    } else {
        Err(CreditsError::UnknownUser)
    }
}

/// What somebody has
#[utoipa::path(
    get,
    path = "/credits/users/{netid}",
    params(("netid" = NetId, Path, description = "Who: the caller, or for admins anybody")),
    responses(
        (status = 200, description = "What is on the account, or what it will begin with", body = Balance),
        (status = 404, description = "Nobody is known by this NetID, or the caller may not see them"),
    ),
)]
pub(crate) async fn show(
    viewer: Member,
    State(AppState { members, .. }): State<AppState>,
    Path(netid): Path<String>,
) -> Result<Json<Balance>, ApiError> {
    let netid = visible(&viewer, &netid)?;
    match members.balance(&netid).await? {
        Some(balance) => Ok(Json(balance)),
        // Whoever signs in may ask for the own balance, member or not.
        None if netid == viewer.netid => Ok(Json(nothing(netid))),
        None => Err(CreditsError::UnknownUser.into()),
    }
}

/// The balance of someone without an account.
pub(crate) fn nothing(netid: NetId) -> Balance {
    Balance { netid, balance: 0, held: 0, available: 0 }
}

/// What somebody sends to give credits to another member: numbers may be text.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct TransferForm {
    #[serde(default)]
    to: Value,
    #[serde(default)]
    amount: Value,
    #[serde(default)]
    description: String,
}

/// Gives credits of the caller to another member
#[utoipa::path(
    post,
    path = "/credits/transfers",
    request_body = NewTransfer,
    responses(
        (status = 200, description = "Given; the line of the caller's history", body = Transaction),
        (status = 400, description = "A field is missing or malformed, or the caller is the receiver"),
        (status = 402, description = "There are not enough credits"),
        (status = 403, description = "The caller is no member today"),
        (status = 404, description = "The receiver is no member"),
    ),
)]
pub(crate) async fn transfer(
    CurrentMember(giver): CurrentMember,
    State(AppState { db, members, clock, .. }): State<AppState>,
    key: IdempotencyKey,
    Json(request): Json<TransferForm>,
) -> Result<StoredReply, ApiError> {
    let to = request::netid(&request.to)?;
    let amount = Amount::parse(&request.amount)?.positive()?;
    let description = Description::parse(&request.description)?;
    if to == giver.netid {
        return Err(CreditsError::ToOneself.into());
    }
    if let Err(cause) = members.ensure_current(&to).await {
        // Who was a member when the request first came may be none when it comes again.
        return key.find(&db, &request).await?.ok_or_else(|| cause.into());
    }
    let parties = [Party::Member(giver.netid.clone()), Party::Member(to)];
    let [from, to] = members.holders(parties).await?;
    let now = clock.now();
    let mut transaction = db::begin(&db).await?;
    if let Some(reply) = key.begin(&mut transaction, &request, now).await? {
        return Ok(reply);
    }
    let transfer = Transfer { from, to, amount, description: description.as_str(), actor: None };
    let done = ledger::transfer(&mut transaction, &transfer, now).await?;
    let reply = key.finish(&mut transaction, StatusCode::OK, &done).await?;
    transaction.commit().await?;
    Ok(reply)
}

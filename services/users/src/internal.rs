//! What other services report and ask.

use axum::extract::State;
use grove_shared::{
    ApiError,
    api::{
        accounts::AccountName,
        users::{CurrentMember, NewMembership},
    },
    caller::{AllowList, Peer},
    db,
    extract::Json,
    idempotency::{IdempotencyKey, StoredReply},
};
use http::StatusCode;

use crate::{
    AppState,
    error::UserError,
    membership::{self, Grounds},
    store,
    user::{Member, parse_payment},
};

/// Who may report that a person's mail address is theirs.
#[derive(Debug)]
pub(crate) struct Auth;

impl AllowList for Auth {
    const SERVICES: &'static [&'static str] = &["auth"];
}

/// Someone deleted since is none of the sender's business: there is nothing to note, and no error.
pub(crate) async fn verify(
    _: Peer<Auth>,
    State(AppState { db, clock, .. }): State<AppState>,
    Json(AccountName { netid }): Json<AccountName>,
) -> Result<Json<serde_json::Value>, ApiError> {
    store::verify(&db, &netid, clock.now()).await?;
    Ok(Json(serde_json::json!({})))
}

/// Who may ask for everyone who is a member.
#[derive(Debug)]
pub(crate) struct Readers;

impl AllowList for Readers {
    const SERVICES: &'static [&'static str] = &["directory", "notifications", "merch", "credits"];
}

pub(crate) async fn members(
    _: Peer<Readers>,
    State(AppState { db, clock, chapter, .. }): State<AppState>,
) -> Result<Json<Vec<CurrentMember>>, ApiError> {
    let members = store::members(&db, clock.now().date_naive()).await?;
    let members = members.into_iter().map(|member| member.with_address(&chapter));
    Ok(Json(members.collect()))
}

/// Who may say that the dues were paid online.
#[derive(Debug)]
pub(crate) struct Credits;

impl AllowList for Credits {
    const SERVICES: &'static [&'static str] = &["credits"];
}

pub(crate) async fn admit(
    _: Peer<Credits>,
    State(AppState { db, clock, chapter, .. }): State<AppState>,
    key: IdempotencyKey,
    Json(request): Json<NewMembership>,
) -> Result<StoredReply, ApiError> {
    let now = clock.now();
    let NewMembership { netid, payment } = &request;
    let payment = parse_payment(payment)?;
    let mut transaction = db::begin(&db).await?;
    if let Some(reply) = key.begin(&mut transaction, &request, now).await? {
        return Ok(reply);
    }
    let grounds = Grounds::Payment(payment);
    let begun = membership::begin(&mut transaction, netid, grounds, &chapter, now).await;
    let (user, term) = begun.map_err(refuse)?;
    let member = Member {
        netid: user.netid,
        first_name: user.first_name,
        last_name: user.last_name,
        until: term.ends_on,
    };
    let member = member.with_address(&chapter);
    let reply = key.finish(&mut transaction, StatusCode::OK, &member).await?;
    transaction.commit().await?;
    tracing::info!(user.netid = %netid, "{netid} paid online until {}: {payment}", term.ends_on);
    Ok(reply)
}

/// Services are told 409 where the old route for officers says 400.
fn refuse(error: UserError) -> ApiError {
    match error {
        UserError::AlreadyMember => ApiError::conflict(error.to_string()),
        error => error.into(),
    }
}

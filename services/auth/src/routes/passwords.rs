//! Changing, resetting and choosing a password.

use axum::extract::State;
use grove_shared::{
    ApiError,
    api::{accounts as api, envelope::Message},
    caller::{Caller, Member},
    db,
    extract::{Json, Path},
    identity::Identity,
};
use serde::Deserialize;

use crate::{
    AppState,
    error::AuthError,
    link::{LinkRequest, Purpose},
    password::NewPassword,
    sign_in::{set_password, verify},
    store::{accounts, links},
    throttle::{self, Attempt},
};

pub(crate) async fn change(
    Member { netid, session, .. }: Member,
    Caller(Identity { address, .. }): Caller,
    State(state): State<AppState>,
    Json(change): Json<api::PasswordChange>,
) -> Result<Json<Message>, ApiError> {
    let account = accounts::find(&state.db, netid.as_str()).await?;
    let account = account.ok_or(AuthError::WrongPassword)?;
    let chapter = &state.chapter.chapter_name;
    let new = NewPassword::parse(change.new.into(), &account, chapter).map_err(AuthError::from)?;
    let attempt = Attempt::new(netid.as_str(), address);
    let verified = verify(&state, &attempt, &change.current.into()).await;
    let verified = verified.map_err(wrong_password)?;
    let hash = state.hasher.hash(new.into_secret()).await?;

    let now = state.clock.now();
    let mut transaction = db::begin(&state.db).await.map_err(AuthError::from)?;
    let account = verified.still_valid(&mut transaction, &attempt, now).await;
    let account = account.map_err(wrong_password)?;
    set_password(&mut transaction, &account, &hash, session, now).await?;
    transaction.commit().await?;
    tracing::info!("password changed by {netid}");
    Ok(Json(Message::new("Your password is changed and every other session is ended.")))
}

fn wrong_password(error: AuthError) -> AuthError {
    match error {
        AuthError::BadCredentials => AuthError::WrongPassword,
        other => other,
    }
}

/// Whose password is forgotten, as typed.
#[derive(Debug, Deserialize)]
pub(crate) struct Forgotten {
    netid: String,
}

/// Does the same for any name, whether or not there is such an account: that is looked up when the
/// outbox asks for the link.
pub(crate) async fn reset(
    caller: Caller,
    State(state): State<AppState>,
    Json(forgotten): Json<Forgotten>,
) -> Result<Json<Message>, ApiError> {
    let attempt = Attempt::new(&forgotten.netid, caller.address());
    let now = state.clock.now();
    let mut transaction = db::begin(&state.db).await?;
    let may_mail = throttle::enter_reset(&mut transaction, &attempt, now).await?;
    if let Some(netid) = attempt.netid.filter(|_| may_mail) {
        LinkRequest { netid, purpose: Purpose::Reset }.enqueue(&mut transaction, now).await?;
    }
    transaction.commit().await?;
    Ok(Json(Message::new("If there is such an account, a mail with a link is on its way.")))
}

pub(crate) async fn set_by_link(
    _: Caller,
    State(state): State<AppState>,
    Path(token): Path<String>,
    Json(chosen): Json<api::PasswordByLink>,
) -> Result<Json<Message>, ApiError> {
    let netid = links::find(&state.db, &token, state.clock.now()).await?;
    let netid = netid.ok_or(AuthError::NoLink)?;
    let account = accounts::find(&state.db, netid.as_str()).await?.ok_or(AuthError::NoLink)?;
    let chapter = &state.chapter.chapter_name;
    let new = NewPassword::parse(chosen.password.into(), &account, chapter);
    let hash = state.hasher.hash(new.map_err(AuthError::from)?.into_secret()).await?;

    let now = state.clock.now();
    let mut transaction = db::begin(&state.db).await?;
    let account = accounts::lock(&mut *transaction, netid.as_str()).await?;
    let account = account.filter(|account| account.disabled_at.is_none());
    let account = account.ok_or(AuthError::NoLink)?;
    if !links::consume(&mut *transaction, &token, now).await? {
        return Err(AuthError::NoLink.into());
    }
    set_password(&mut transaction, &account, &hash, None, now).await?;
    transaction.commit().await?;
    tracing::info!("password of {netid} set through a link");
    Ok(Json(Message::new("Your password is set. You can sign in with it.")))
}

//! Changing, resetting and choosing a password.

use axum::extract::State;
use grove_auth_api as api;
use grove_http::{
    ApiError,
    extract::{Json, Path},
};
use grove_identity::{
    Identity,
    caller::{Caller, Member},
};
use grove_outbox::enqueue;
use grove_shared::{db, envelope::Message};

use crate::{
    error::AuthError,
    sign_in::{set_password, verify},
    state::AppState,
    store::{accounts, links},
    throttle,
};

pub(crate) async fn change(
    Member { netid, session, .. }: Member,
    Caller(Identity { address, .. }): Caller,
    State(state): State<AppState>,
    Json(change): Json<api::PasswordChange>,
) -> Result<Json<Message>, ApiError> {
    let account = accounts::find(&state.db, netid.as_str()).await?;
    let account = account.ok_or(AuthError::WrongPassword)?;
    let attempt = state.attempt(netid.as_str(), address);
    let verified = verify(&state, &attempt, &change.current.into()).await;
    let verified = verified.map_err(wrong_password)?;
    let chapter = state.chapter.chapter_name.clone();
    let hash = state.hasher.hash_chosen(change.new.into(), account, chapter).await?;

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

/// Does the same for any name, whether or not there is such an account: that is looked up when the
/// outbox asks for the link.
pub(crate) async fn reset(
    caller: Caller,
    State(state): State<AppState>,
    Json(forgotten): Json<api::ForgottenPassword>,
) -> Result<Json<Message>, ApiError> {
    if forgotten.netid.trim().is_empty() {
        return Err(AuthError::Missing("netid").into());
    }
    let attempt = state.attempt(&forgotten.netid, caller.address());
    let now = state.clock.now();
    let mut transaction = db::begin(&state.db).await?;
    let may_mail = throttle::enter_reset(&mut transaction, &attempt, now).await?;
    if let Some(netid) = attempt.netid.filter(|_| may_mail) {
        let purpose = api::LinkPurpose::Reset;
        let link = api::mail_link(&api::LinkRequest { netid, purpose });
        enqueue(&mut transaction, &link, now).await?;
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
    let chapter = state.chapter.chapter_name.clone();
    let hash = state.hasher.hash_chosen(chosen.password.into(), account, chapter).await?;

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

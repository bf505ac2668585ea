//! Changing, resetting and choosing a password.

use axum::extract::State;
use grove_auth_api as api;
use grove_http::{ApiError, extract::Json};
use grove_identity::{
    Identity,
    caller::{Caller, Member},
};
use grove_shared::{db, envelope::Message};

use crate::{
    error::AuthError,
    link,
    routes::sessions::UserAgent,
    session::Device,
    sign_in::{begin_session, set_password, verify},
    state::AppState,
    store::{accounts, links},
    throttle,
};

/// Changes the caller's password
///
/// Their other sessions end with it.
#[utoipa::path(
    put,
    path = "/password",
    operation_id = "change_password",
    responses(
        (status = 200, description = "It is changed", body = Message),
        (status = 400, description = "The current password is wrong, or the new one is too weak"),
        (status = 429, description = "There were too many tries"),
    ),
)]
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

/// Asks for a mail with a link to set a password
///
/// Does the same for any name, whether or not there is such an account: that is looked up when the
/// outbox asks for the link.
#[utoipa::path(
    post,
    path = "/password/reset",
    operation_id = "forgot_password",
    responses(
        (status = 200, description = "If there is such an account, a mail is on its way", body = Message),
        (status = 400, description = "The name is missing"),
        (status = 429, description = "There were too many tries"),
    ),
)]
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
        link::request(&mut transaction, netid, api::LinkPurpose::Reset, now).await?;
    }
    transaction.commit().await?;
    Ok(Json(Message::new("If there is such an account, a mail with a link is on its way.")))
}

/// Whose password a one-time link may set
///
/// Tells before anybody types a password. Whoever has the link may know the name: they can sign in by it.
#[utoipa::path(
    post,
    path = "/password/link/check",
    responses(
        (status = 200, description = "The link is good", body = api::AccountName),
        (status = 404, description = "It was used, has expired, or never was"),
    ),
)]
pub(crate) async fn check_link(
    _: Caller,
    State(state): State<AppState>,
    Json(link): Json<api::LinkToken>,
) -> Result<Json<api::AccountName>, ApiError> {
    let netid = links::find(&state.db, &link.token, state.clock.now()).await?;
    Ok(Json(api::AccountName { netid: netid.ok_or(AuthError::NoLink)? }))
}

/// Sets a password by a one-time link, and begins a session
#[utoipa::path(
    post,
    path = "/password/link",
    operation_id = "set_password_by_link",
    responses(
        (status = 200, description = "The password is set, and a session has begun", body = api::NewSession),
        (status = 400, description = "The password is too weak"),
        (status = 404, description = "The link was used, has expired, or never was"),
    ),
)]
pub(crate) async fn set_by_link(
    caller: Caller,
    agent: UserAgent,
    State(state): State<AppState>,
    Json(api::PasswordByLink { token, password }): Json<api::PasswordByLink>,
) -> Result<Json<api::NewSession>, ApiError> {
    let netid = links::find(&state.db, &token, state.clock.now()).await?;
    let netid = netid.ok_or(AuthError::NoLink)?;
    let account = accounts::find(&state.db, netid.as_str()).await?.ok_or(AuthError::NoLink)?;
    let chapter = state.chapter.chapter_name.clone();
    let hash = state.hasher.hash_chosen(password.into(), account, chapter).await?;

    let now = state.clock.now();
    let mut transaction = db::begin(&state.db).await?;
    let account = accounts::lock(&mut *transaction, netid.as_str()).await?;
    let account = account.filter(|account| account.disabled_at.is_none());
    let account = account.ok_or(AuthError::NoLink)?;
    if !links::consume(&mut *transaction, &token, now).await? {
        return Err(AuthError::NoLink.into());
    }
    set_password(&mut transaction, &account, &hash, None, now).await?;
    let attempt = state.attempt(netid.as_str(), caller.address());
    let device = Device::new(caller.address(), agent.as_str());
    let (id, begun) = begin_session(&mut transaction, account, &attempt, &device, now).await?;
    transaction.commit().await?;
    tracing::info!(session.id = id, "{netid} set a password through a link and is signed in");
    Ok(Json(begun))
}

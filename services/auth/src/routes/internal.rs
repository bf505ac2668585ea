//! Calls between services; the gateway forwards none of them.

use axum::extract::State;
use grove_audit::{Change, record};
use grove_auth_api::{self as api, LinkPurpose, LinkRequest};
use grove_http::{ApiError, extract::Json};
use grove_identity::caller::{AllowList, Peer};
use grove_notifications_api::send;
use grove_outbox::{IdempotencyKey, StoredReply};
use grove_shared::{Client, Clock, db};
use http::StatusCode;
use secrecy::ExposeSecret;
use serde::Serialize;
use sqlx::MySqlPool;

use crate::{
    account::check_names,
    error::AuthError,
    link,
    session::Device,
    sign_in::sign_in,
    state::AppState,
    store::{accounts, links, sessions},
};

macro_rules! allow_list {
    ($name:ident, $services:expr) => {
        #[derive(Debug)]
        pub(crate) struct $name;

        impl AllowList for $name {
            const SERVICES: &'static [&'static str] = $services;
        }
    };
}
allow_list!(Gateway, &["gateway"]);
allow_list!(Users, &["users"]);
allow_list!(GatewayOrUsers, &["gateway", "users"]);
allow_list!(Auth, &["auth"]);

/// `{}`
#[derive(Debug, Serialize)]
pub(crate) struct Done {}

type Reply<T> = Result<Json<T>, ApiError>;

pub(crate) async fn resolve_session(
    _: Peer<Gateway>,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Json(session): Json<api::SessionToken>,
) -> Reply<api::ResolvedSession> {
    let now = clock.now();
    let session = sessions::find(&db, &session.token, now).await?.ok_or(AuthError::NoSession)?;
    sessions::touch(&db, &session, now).await?;
    Ok(Json(session.into()))
}

pub(crate) async fn end_session(
    _: Peer<GatewayOrUsers>,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Json(session): Json<api::SessionToken>,
) -> Reply<Done> {
    sessions::end_by_token(&db, &session.token, clock.now()).await?;
    Ok(Json(Done {}))
}

pub(crate) async fn create_session(
    _: Peer<Users>,
    State(state): State<AppState>,
    Json(credentials): Json<api::Credentials>,
) -> Reply<api::NewSession> {
    let api::Credentials { netid, password, address, user_agent } = credentials;
    let device = Device::new(address, user_agent.as_deref());
    Ok(Json(sign_in(&state, &netid, &password.into(), &device).await?))
}

/// Makes the account if there is none, takes back one that was removed, and has the activation link
/// mailed as long as there is no password.
pub(crate) async fn create_account(
    users: Peer<Users>,
    key: Option<IdempotencyKey>,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Json(new): Json<api::NewAccount>,
) -> Result<StoredReply, ApiError> {
    check_names(&new).map_err(AuthError::from)?;
    let now = clock.now();
    let key = key.unwrap_or_else(|| IdempotencyKey::random("users"));
    let mut transaction = db::begin(&db).await?;
    if let Some(reply) = key.begin(&mut transaction, &new, now).await? {
        return Ok(reply);
    }
    let added = accounts::insert(&mut *transaction, &new, now).await?;
    if added {
        let made = Change::new(&users, "made", "account", &new.netid)
            .about(&new.netid)
            .irreversible("Remove the person instead.");
        record(&mut transaction, made, now).await?;
    }
    let account = accounts::lock(&mut *transaction, new.netid.as_str()).await?;
    if let Some(account) = account.filter(|account| account.password_hash.is_none()) {
        accounts::take_back(&mut *transaction, account.id, &new).await?;
        link::request(&mut transaction, account.netid, LinkPurpose::Activation, now).await?;
    }
    let reply = key.finish(&mut transaction, StatusCode::OK, &Done {}).await?;
    transaction.commit().await?;
    if added {
        tracing::info!("account {} added", new.netid);
    }
    Ok(reply)
}

/// Disables the account, ends its sessions and forgets the password: who joins again later has to
/// show again that the mail address is theirs.
pub(crate) async fn remove_account(
    users: Peer<Users>,
    key: Option<IdempotencyKey>,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Json(request): Json<api::AccountName>,
) -> Result<StoredReply, ApiError> {
    let (now, netid) = (clock.now(), &request.netid);
    let key = key.unwrap_or_else(|| IdempotencyKey::random("users"));
    let mut transaction = db::begin(&db).await?;
    if let Some(reply) = key.begin(&mut transaction, &request, now).await? {
        return Ok(reply);
    }
    if let Some(account) = accounts::lock(&mut *transaction, netid.as_str()).await? {
        if account.disabled_at.is_none() {
            let removed = Change::new(&users, "removed", "account", netid)
                .about(netid)
                .irreversible("Who joins again gets a new link for a password.");
            record(&mut transaction, removed, now).await?;
        }
        accounts::disable(&mut *transaction, account.id, now).await?;
        accounts::forget_password(&mut *transaction, account.id).await?;
        links::consume_all(&mut *transaction, account.id, now).await?;
        sessions::end_all(&mut *transaction, netid, None, now).await?;
        tracing::info!("account {netid} removed");
    }
    let reply = key.finish(&mut transaction, StatusCode::OK, &Done {}).await?;
    transaction.commit().await?;
    Ok(reply)
}

/// Makes a link and hands the mail with it to the notifications service; the same link and the same mail
/// as often as the call is repeated.
pub(crate) async fn mail_link(
    _: Peer<Auth>,
    key: IdempotencyKey,
    State(state): State<AppState>,
    Json(request): Json<LinkRequest>,
) -> Reply<Done> {
    let account = accounts::find(&state.db, request.netid.as_str()).await?;
    let purpose = account.as_ref().and_then(|known| link::purpose_for(request.purpose, known));
    let (Some(account), Some(purpose)) = (account, purpose) else { return Ok(Json(Done {})) };
    let (_, key) = key.parts();
    let token = state.link_tokens.token(key).map_err(AuthError::from)?;
    let token = token.expose_secret();
    links::insert(&state.db, account.id, purpose, token, state.clock.now()).await?;
    let mail = link::mail(purpose, &account, &state.chapter, token);
    match state.peers.call(send(&mail).once(key)).await {
        // The mail of an earlier try, which was another: the account or the text has changed since.
        Err(cause) if cause.status() == Some(StatusCode::UNPROCESSABLE_ENTITY) => {
            tracing::warn!(%cause, "a mail of this link to {} was sent before", account.netid);
        }
        sent => drop(sent.map_err(AuthError::from)?),
    }
    tracing::info!("{purpose:?} link mailed to {}", account.netid);
    Ok(Json(Done {}))
}

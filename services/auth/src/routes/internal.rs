//! Calls between services; the gateway forwards none of them.

use axum::extract::State;
use axum::http::{HeaderMap, Method};
use grove_shared::{
    ApiError, Clock,
    api::accounts as api,
    caller::{AllowList, Peer},
    db,
    extract::Json,
    peer::IDEMPOTENCY_KEY,
    token,
};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::Value;
use sqlx::MySqlPool;

use crate::{
    AppState,
    account::check_names,
    error::AuthError,
    link::{self, LinkRequest, Purpose},
    session::Device,
    sign_in::sign_in,
    store::{accounts, attempts, links, sessions},
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
    _: Peer<Users>,
    headers: HeaderMap,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Json(new): Json<api::NewAccount>,
) -> Reply<Done> {
    check_names(&new)?;
    let now = clock.now();
    let mut transaction = db::begin(&db).await?;
    if let Some(key) = idempotency_key(&headers)
        && !attempts::receive_effect(&mut *transaction, key, now).await?
    {
        return Ok(Json(Done {}));
    }
    let added = accounts::insert(&mut *transaction, &new, now).await?;
    let account = accounts::lock(&mut *transaction, new.netid.as_str()).await?;
    if let Some(account) = account.filter(|account| account.password_hash.is_none()) {
        accounts::enable(&mut *transaction, account.id).await?;
        let request = LinkRequest { netid: account.netid, purpose: Purpose::Activation };
        request.enqueue(&mut transaction, now).await?;
    }
    transaction.commit().await?;
    if added {
        tracing::info!("account {} added", new.netid);
    }
    Ok(Json(Done {}))
}

/// Disables the account, ends its sessions and forgets the password: who joins again later has to
/// show again that the mail address is theirs.
pub(crate) async fn remove_account(
    _: Peer<Users>,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Json(api::AccountName { netid }): Json<api::AccountName>,
) -> Reply<Done> {
    let now = clock.now();
    let mut transaction = db::begin(&db).await?;
    if let Some(account) = accounts::lock(&mut *transaction, netid.as_str()).await? {
        accounts::disable(&mut *transaction, account.id, now).await?;
        accounts::forget_password(&mut *transaction, account.id).await?;
        links::consume_all(&mut *transaction, account.id, now).await?;
        sessions::end_all(&mut *transaction, &netid, None, now).await?;
        transaction.commit().await?;
        tracing::info!("account {netid} removed");
    }
    Ok(Json(Done {}))
}

/// Makes a link and hands the mail with it to the notifications service. A repeated call makes
/// another link, because nothing knows the first one's token; both end when one is used.
pub(crate) async fn mail_link(
    _: Peer<Auth>,
    headers: HeaderMap,
    State(state): State<AppState>,
    Json(request): Json<LinkRequest>,
) -> Reply<Done> {
    let account = accounts::find(&state.db, request.netid.as_str()).await?;
    let purpose = account.as_ref().and_then(|account| request.purpose_for(account));
    let (Some(account), Some(purpose)) = (account, purpose) else { return Ok(Json(Done {})) };
    let token = token::generate();
    let token = token.expose_secret();
    links::insert(&state.db, account.id, purpose, token, state.clock.now()).await?;
    let mail = link::mail(purpose, &account, &state.chapter, token);
    let (path, key) = ("/notification", idempotency_key(&headers));
    let sent = state.peers.call_once::<Value>("notifications", Method::POST, path, &mail, key);
    sent.await.map_err(AuthError::from)?;
    tracing::info!("{} link mailed to {}", purpose.as_str(), account.netid);
    Ok(Json(Done {}))
}

fn idempotency_key(headers: &HeaderMap) -> Option<&str> {
    let key = headers.get(IDEMPOTENCY_KEY)?.to_str().ok()?;
    (1..=64).contains(&key.len()).then_some(key)
}

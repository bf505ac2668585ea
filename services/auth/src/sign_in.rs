//! Checking a password and beginning a session. Every refusal costs the same (see [`verify`]).

use chrono::{DateTime, Utc};
use grove_auth_api::NewSession;
use grove_outbox::enqueue;
use grove_shared::{
    db::{self, Transaction},
    token,
};
use secrecy::{ExposeSecret, SecretString};
use sqlx::MySqlConnection;

use crate::{
    account::Account,
    attempt::{Attempt, Outcome},
    error::AuthError,
    session::Device,
    state::AppState,
    store::{accounts, attempts, links, sessions},
    throttle,
};

/// Signs a person in.
pub(crate) async fn sign_in(
    state: &AppState,
    name: &str,
    password: &SecretString,
    device: &Device,
) -> Result<NewSession, AuthError> {
    let attempt = state.attempt(name, device.address);
    let verified = verify(state, &attempt, password).await?;
    let now = state.clock.now();
    let mut transaction = db::begin(&state.db).await?;
    let account = verified.still_valid(&mut transaction, &attempt, now).await?;
    let token = token::generate();
    let token = token.expose_secret();
    let id = sessions::insert(&mut *transaction, account.id, token, device, now).await?;
    attempts::insert(&mut *transaction, &attempt, Outcome::Succeeded, now).await?;
    transaction.commit().await?;
    tracing::info!(session.id = id, "{} signed in", account.netid);
    if state.hasher.is_outdated(&verified.hash)
        && let Err(cause) = rehash(state, account.id, &verified.hash, password).await
    {
        tracing::warn!(%cause, "the password of {} keeps its old hash", account.netid);
    }
    Ok(NewSession { token: token.to_owned(), account: account.into() })
}

/// Hashes a password again at the cost that is configured now.
async fn rehash(
    state: &AppState,
    account: u64,
    old: &str,
    password: &SecretString,
) -> Result<(), AuthError> {
    let new = state.hasher.hash(password.clone()).await?;
    Ok(accounts::rehash(&state.db, account, old, &new).await?)
}

/// An account whose password was checked a moment ago.
pub(crate) struct Verified {
    hash: String,
}

impl Verified {
    /// Checks, with the account locked, that nothing has happened to it since, and that no parallel
    /// tries have used up the limit.
    pub(crate) async fn still_valid(
        &self,
        transaction: &mut MySqlConnection,
        attempt: &Attempt,
        now: DateTime<Utc>,
    ) -> Result<Account, AuthError> {
        let account = throttle::enter(transaction, attempt, now).await?;
        account
            .filter(|account| account.usable_hash() == Some(self.hash.as_str()))
            .ok_or(AuthError::BadCredentials)
    }
}

/// Checks a password. Unknown, disabled and passwordless accounts take the same steps and the same
/// time as a wrong password, and get the same answer.
pub(crate) async fn verify(
    state: &AppState,
    attempt: &Attempt,
    password: &SecretString,
) -> Result<Verified, AuthError> {
    // Who may not try does not get to queue.
    throttle::check(&mut *state.db.acquire().await?, attempt, state.clock.now()).await?;
    let turn = state.hasher.turn().await?;
    throttle::check(&mut *state.db.acquire().await?, attempt, state.clock.now()).await?;
    let account = accounts::find(&state.db, attempt.account()).await?;
    let hash = account.as_ref().and_then(Account::usable_hash);
    if turn.verify(password, hash).await?
        && let Some(hash) = hash
    {
        return Ok(Verified { hash: hash.to_owned() });
    }
    let now = state.clock.now();
    let mut transaction = db::begin(&state.db).await?;
    throttle::enter(&mut transaction, attempt, now).await?;
    attempts::insert(&mut *transaction, attempt, Outcome::Failed, now).await?;
    transaction.commit().await?;
    Err(AuthError::BadCredentials)
}

/// Gives a locked account a password, which ends its links and its sessions but for `kept`.
pub(crate) async fn set_password(
    transaction: &mut Transaction,
    account: &Account,
    hash: &str,
    kept: Option<u64>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    accounts::set_password(&mut **transaction, account.id, hash, now).await?;
    links::consume_all(&mut **transaction, account.id, now).await?;
    sessions::end_all(&mut **transaction, &account.netid, kept, now).await?;
    if account.password_hash.is_none() {
        enqueue(transaction, &grove_users_api::verified(&account.netid), now).await?;
    }
    Ok(())
}

//! Checking a password and beginning a session. Every refusal costs the same (see [`verify`]).

use chrono::{DateTime, Utc};
use grove_auth_api::NewSession;
use grove_outbox::{Words, enqueue};
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
    let account_id = account.id;
    let (id, begun) = begin_session(&mut transaction, account, &attempt, device, now).await?;
    transaction.commit().await?;
    let netid = &begun.account.netid;
    tracing::info!(session.id = id, "{netid} signed in");
    if state.hasher.is_outdated(&verified.hash)
        && let Err(cause) = rehash(state, account_id, &verified.hash, password).await
    {
        tracing::warn!(%cause, "the password of {netid} keeps its old hash");
    }
    Ok(begun)
}

/// Begins a session of a locked account, whose owner is known at the source of the attempt from here on.
/// Returns its id, too.
pub(crate) async fn begin_session(
    transaction: &mut MySqlConnection,
    account: Account,
    attempt: &Attempt,
    device: &Device,
    now: DateTime<Utc>,
) -> Result<(u64, NewSession), sqlx::Error> {
    let token = token::generate();
    let token = token.expose_secret();
    let id = sessions::insert(&mut *transaction, account.id, token, device, now).await?;
    attempts::insert(&mut *transaction, attempt, Outcome::Succeeded, now).await?;
    Ok((id, NewSession { token: token.to_owned(), account: account.into() }))
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
        let verified = grove_users_api::verified(&account.netid);
        let words = Words::for_person(&account.netid, "The proof of the university address");
        enqueue(transaction, &verified, &words, now).await?;
    }
    Ok(())
}

//! What whoever runs the machine does to accounts, for the `grove` program.
//!
//! A password has to keep every rule here too, but that the chapter's name is not known.

use anyhow::{Context, ensure};
use chrono::{DateTime, Utc};
use grove_auth_api::{LinkPurpose, NewAccount};
use grove_shared::{NetId, db, token};
use secrecy::{ExposeSecret, SecretString};
use sqlx::MySqlPool;

use crate::{
    account::{Account, check_names},
    config::PasswordHashing,
    hashing,
    password::NewPassword,
    sign_in,
    store::{accounts, links, sessions},
};

/// Whether there is an account, whatever its state.
///
/// # Errors
/// When the database fails.
pub async fn account_exists(db: &MySqlPool, netid: &NetId) -> anyhow::Result<bool> {
    Ok(accounts::find(db, netid.as_str()).await?.is_some())
}

/// Whether someone can sign in: has an account with a password that is not disabled.
///
/// # Errors
/// When the database fails.
pub async fn can_sign_in(db: &MySqlPool, netid: &NetId) -> anyhow::Result<bool> {
    let account = accounts::find(db, netid.as_str()).await?;
    Ok(account.is_some_and(|found| found.password_hash.is_some() && found.disabled_at.is_none()))
}

/// Adds an account. Without a password nobody can sign in until a link is followed; one is hashed at `cost`.
///
/// # Errors
/// When there is such an account or the password breaks the rules; then nothing is changed.
pub async fn add_account(
    db: &MySqlPool,
    new: &NewAccount,
    password: Option<&str>,
    cost: &PasswordHashing,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    check_names(new)?;
    let mut transaction = db::begin(db).await?;
    let added = accounts::insert(&mut *transaction, new, now).await?;
    ensure!(added, "There is an account {} already", new.netid);
    if let Some(password) = password {
        let account = accounts::lock(&mut *transaction, new.netid.as_str()).await?;
        let account = account.with_context(|| no_account(&new.netid))?;
        let hash = hash(&account, password, cost).await?;
        accounts::set_password(&mut *transaction, account.id, &hash, now).await?;
    }
    Ok(transaction.commit().await?)
}

/// Sets a password, which ends the account's sessions and links, and enables the account.
///
/// # Errors
/// When there is no such account or the password breaks the rules.
pub async fn set_password(
    db: &MySqlPool,
    netid: &NetId,
    password: &str,
    cost: &PasswordHashing,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let hash = hash(&find(db, netid).await?, password, cost).await?;
    let mut transaction = db::begin(db).await?;
    let account = accounts::lock(&mut *transaction, netid.as_str()).await?;
    let account = account.with_context(|| no_account(netid))?;
    sign_in::set_password(&mut transaction, &account, &hash, None, now).await?;
    Ok(transaction.commit().await?)
}

/// Disables an account: its sessions and links end, and nobody can sign in.
///
/// # Errors
/// When there is no such account.
pub async fn disable(db: &MySqlPool, netid: &NetId, now: DateTime<Utc>) -> anyhow::Result<()> {
    let mut transaction = db::begin(db).await?;
    let account = accounts::lock(&mut *transaction, netid.as_str()).await?;
    let account = account.with_context(|| no_account(netid))?;
    accounts::disable(&mut *transaction, account.id, now).await?;
    links::consume_all(&mut *transaction, account.id, now).await?;
    sessions::end_all(&mut *transaction, netid, None, now).await?;
    Ok(transaction.commit().await?)
}

/// Makes a link to choose a password, good once and for 72 hours, for someone whom no mail reaches;
/// returns its token, for `/account/password?token=` of the website.
///
/// # Errors
/// When there is no such account or it is disabled.
pub async fn activation_link(
    db: &MySqlPool,
    netid: &NetId,
    now: DateTime<Utc>,
) -> anyhow::Result<SecretString> {
    let account = find(db, netid).await?;
    let enabled = account.disabled_at.is_none();
    ensure!(enabled, "The account {netid} is disabled; setting a password enables it");
    let token = token::generate();
    links::insert(db, account.id, LinkPurpose::Activation, token.expose_secret(), now).await?;
    Ok(token)
}

async fn find(db: &MySqlPool, netid: &NetId) -> anyhow::Result<Account> {
    let account = accounts::find(db, netid.as_str()).await?;
    account.with_context(|| no_account(netid))
}

async fn hash(account: &Account, password: &str, cost: &PasswordHashing) -> anyhow::Result<String> {
    let password = NewPassword::parse(password.into(), account, "")?.into_secret();
    let argon2 = hashing::argon2(cost)?;
    tokio::task::spawn_blocking(move || hashing::hash(&argon2, &password)).await?
}

fn no_account(netid: &NetId) -> String {
    format!("There is no account {netid}")
}

//! Queries on accounts.

use chrono::{DateTime, Utc};
use grove_auth_api::NewAccount;
use grove_shared::{NetId, db::Refusal};
use sqlx::MySqlExecutor;

use crate::account::Account;

macro_rules! select_accounts {
    ($rest:literal, $netid:expr) => {
        sqlx::query_as!(
            Account,
            r#"SELECT id, netid AS "netid: NetId", first_name, last_name, password_hash, disabled_at
               FROM accounts WHERE netid = ? "#
                + $rest,
            $netid
        )
    };
}

/// The account of that name, whatever its state.
pub(crate) async fn find(
    db: impl MySqlExecutor<'_>,
    netid: &str,
) -> Result<Option<Account>, sqlx::Error> {
    select_accounts!("", netid).fetch_optional(db).await
}

/// As [`find`], and nobody else changes the account, nor adds it, until the transaction ends.
pub(crate) async fn lock(
    transaction: impl MySqlExecutor<'_>,
    netid: &str,
) -> Result<Option<Account>, sqlx::Error> {
    select_accounts!("FOR UPDATE", netid).fetch_optional(transaction).await
}

/// Adds an account without a password; false when it is there already.
pub(crate) async fn insert(
    db: impl MySqlExecutor<'_>,
    new: &NewAccount,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query!(
        "INSERT INTO accounts (netid, first_name, last_name, created_at) VALUES (?, ?, ?, ?)",
        new.netid,
        new.first_name,
        new.last_name,
        now
    );
    match inserted.execute(db).await {
        Ok(_) => Ok(true),
        Err(cause) if Refusal::of(&cause) == Some(Refusal::Duplicate) => Ok(false),
        Err(cause) => Err(cause),
    }
}

/// Sets the password, and lets the owner sign in.
pub(crate) async fn set_password(
    db: impl MySqlExecutor<'_>,
    id: u64,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE accounts SET password_hash = ?, password_set_at = ?, disabled_at = NULL
         WHERE id = ?",
        hash,
        now,
        id
    )
    .execute(db)
    .await
    .map(drop)
}

/// Lets nobody sign in.
pub(crate) async fn disable(
    db: impl MySqlExecutor<'_>,
    id: u64,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE accounts SET disabled_at = ? WHERE id = ? AND disabled_at IS NULL",
        now,
        id
    )
    .execute(db)
    .await
    .map(drop)
}

/// Forgets the password, so that the account has to be activated again.
pub(crate) async fn forget_password(
    db: impl MySqlExecutor<'_>,
    id: u64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE accounts SET password_hash = NULL, password_set_at = NULL WHERE id = ?",
        id
    )
    .execute(db)
    .await
    .map(drop)
}

/// Takes back someone who had left, under the names that they gave this time.
pub(crate) async fn take_back(
    db: impl MySqlExecutor<'_>,
    id: u64,
    new: &NewAccount,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE accounts SET disabled_at = NULL, first_name = ?, last_name = ? WHERE id = ?",
        new.first_name,
        new.last_name,
        id
    )
    .execute(db)
    .await
    .map(drop)
}

/// Keeps the same password under another hash, unless it was changed meanwhile.
pub(crate) async fn rehash(
    db: impl MySqlExecutor<'_>,
    id: u64,
    old: &str,
    new: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE accounts SET password_hash = ? WHERE id = ? AND password_hash = ?",
        new,
        id,
        old
    )
    .execute(db)
    .await
    .map(drop)
}

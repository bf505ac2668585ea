//! Queries on everything that is kept of one person.

use chrono::{DateTime, Utc};
use grove_shared::{NetId, token};
use serde::Serialize;
use sqlx::{MySqlConnection, MySqlPool};

/// An account, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct KeptAccount {
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) has_password: bool,
    pub(crate) password_set_at: Option<DateTime<Utc>>,
    pub(crate) disabled_at: Option<DateTime<Utc>>,
    pub(crate) created_at: DateTime<Utc>,
}

/// A session, without its token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct KeptSession {
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) last_used_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) ended_at: Option<DateTime<Utc>>,
    pub(crate) user_agent: Option<String>,
    pub(crate) address: Option<String>,
}

/// A one-time link, without its token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct KeptLink {
    pub(crate) purpose: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) used_at: Option<DateTime<Utc>>,
}

/// A try at a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct KeptAttempt {
    pub(crate) source: String,
    pub(crate) outcome: String,
    pub(crate) created_at: DateTime<Utc>,
}

/// What is kept of someone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Kept {
    pub(crate) account: Option<KeptAccount>,
    pub(crate) sessions: Vec<KeptSession>,
    pub(crate) links: Vec<KeptLink>,
    pub(crate) attempts: Vec<KeptAttempt>,
}

impl Kept {
    pub(crate) fn is_nothing(&self) -> bool {
        self.account.is_none() && self.attempts.is_empty()
    }
}

/// Everything of someone.
pub(crate) async fn find(db: &MySqlPool, netid: &NetId) -> Result<Kept, sqlx::Error> {
    let account = sqlx::query_as!(
        KeptAccount,
        r#"SELECT first_name, last_name, password_hash IS NOT NULL AS "has_password!: bool",
                  password_set_at, disabled_at, created_at
           FROM accounts WHERE netid = ?"#,
        netid
    );
    let sessions = sqlx::query_as!(
        KeptSession,
        "SELECT sessions.created_at, last_used_at, expires_at, ended_at, user_agent, address
         FROM sessions JOIN accounts ON accounts.id = account_id
         WHERE netid = ? ORDER BY sessions.id",
        netid
    );
    let links = sqlx::query_as!(
        KeptLink,
        "SELECT purpose, links.created_at, expires_at, used_at
         FROM links JOIN accounts ON accounts.id = account_id
         WHERE netid = ? ORDER BY links.created_at",
        netid
    );
    let attempts = sqlx::query_as!(
        KeptAttempt,
        "SELECT source, outcome, created_at FROM sign_in_attempts WHERE account_key = ? ORDER BY id",
        &token::hash(netid.as_str())[..]
    );
    Ok(Kept {
        account: account.fetch_optional(db).await?,
        sessions: sessions.fetch_all(db).await?,
        links: links.fetch_all(db).await?,
        attempts: attempts.fetch_all(db).await?,
    })
}

/// How much of someone was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Removed {
    pub(crate) sessions: u64,
    pub(crate) links: u64,
    pub(crate) accounts: u64,
    pub(crate) attempts: u64,
    pub(crate) effects: u64,
}

/// Removes everything of someone. Effects that wait are among it: a mail to somebody who has no account is
/// not sent, and users knows nobody any more whose address they prove.
pub(crate) async fn remove(
    transaction: &mut MySqlConnection,
    netid: &NetId,
) -> Result<Removed, sqlx::Error> {
    let account_key = token::hash(netid.as_str());
    let sessions = sqlx::query!(
        "DELETE FROM sessions WHERE account_id = (SELECT id FROM accounts WHERE netid = ?)",
        netid
    );
    let sessions = sessions.execute(&mut *transaction).await?.rows_affected();
    let links = sqlx::query!(
        "DELETE FROM links WHERE account_id = (SELECT id FROM accounts WHERE netid = ?)",
        netid
    );
    let links = links.execute(&mut *transaction).await?.rows_affected();
    let accounts = sqlx::query!("DELETE FROM accounts WHERE netid = ?", netid);
    let accounts = accounts.execute(&mut *transaction).await?.rows_affected();
    let attempts =
        sqlx::query!("DELETE FROM sign_in_attempts WHERE account_key = ?", &account_key[..]);
    let attempts = attempts.execute(&mut *transaction).await?.rows_affected();
    let effects = sqlx::query!(
        "DELETE FROM outbox
         WHERE subject = ? OR concerns = ? OR JSON_UNQUOTE(JSON_EXTRACT(body, '$.netid')) = ?",
        netid,
        netid,
        netid
    );
    let effects = effects.execute(&mut *transaction).await?.rows_affected();
    Ok(Removed { sessions, links, accounts, attempts, effects })
}

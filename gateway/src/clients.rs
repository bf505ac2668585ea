//! Client applications: who may call the gateway at all. These functions work while it runs.

use std::{fmt, str::FromStr, time::Duration};

use anyhow::{Context, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use grove_shared::{Clock, db, token};
use secrecy::{ExposeSecret, SecretString};
use sqlx::MySqlPool;

use crate::store;

/// What a client application may do beyond calling routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Speak for members who have no session, as the old system let every client do.
    ActAs,
    /// Name the address that it speaks for, in `X-Forwarded-For`.
    ForwardAddress,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 2] = [Self::ActAs, Self::ForwardAddress];

    /// `act-as` or `forward-address`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ActAs => "act-as",
            Self::ForwardAddress => "forward-address",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == text)
            .ok_or_else(|| format!("{text:?} is no scope; there are act-as and forward-address"))
    }
}

/// Reads scopes as the database has them; one that this version does not know gives no right.
pub(crate) fn scopes(text: &str) -> Vec<Scope> {
    text.split(' ').filter_map(|scope| scope.parse().ok()).collect()
}

/// A token of a client application, without the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// What the application is called.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When the token was made.
    pub created_at: DateTime<Utc>,
    /// When the token ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// When the token was last used, to within a few seconds.
    pub last_used_at: Option<DateTime<Utc>>,
}

impl fmt::Display for Client {
    /// A line for people: the name, the scopes, the times.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = |time: DateTime<Utc>| time.format("%Y-%m-%d").to_string();
        let scopes: Vec<_> = self.scopes.iter().map(|scope| scope.as_str()).collect();
        let scopes = if scopes.is_empty() { "-".to_owned() } else { scopes.join(",") };
        let used = self
            .last_used_at
            .map_or("never".to_owned(), |time| time.format("%Y-%m-%dT%H:%M:%SZ").to_string());
        write!(f, "{}\t{scopes}\tmade {}\tused {used}", self.name, day(self.created_at))?;
        self.expires_at.map_or(Ok(()), |time| write!(f, "\tends {}", day(time)))
    }
}

/// Makes a token for the application `name`, which may have others.
///
/// # Errors
/// When the name is malformed or the database fails.
pub async fn register(
    db: &MySqlPool,
    name: &str,
    scopes: &[Scope],
    expires_at: Option<DateTime<Utc>>,
) -> anyhow::Result<SecretString> {
    check_name(name)?;
    let mut scopes: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
    scopes.sort_unstable();
    scopes.dedup();
    let token = token::generate();
    let (hash, now) = (token::hash(token.expose_secret()), Clock::system().now());
    store::insert(db, name, &hash, &scopes.join(" "), now, expires_at).await?;
    Ok(token)
}

/// Every token that is not revoked, by name.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &MySqlPool) -> anyhow::Result<Vec<Client>> {
    let clients = store::list(db).await?.into_iter().map(|row| Client {
        scopes: scopes(&row.scopes),
        name: row.name,
        created_at: row.created_at,
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
    });
    Ok(clients.collect())
}

/// The name that belongs to a token, if it is valid.
///
/// # Errors
/// When the database fails.
pub async fn check(db: &MySqlPool, token: &str) -> anyhow::Result<Option<String>> {
    Ok(store::find_name(db, &token::hash(token), Clock::system().now()).await?)
}

/// Revokes every token of a client, within a second; tells how many there were.
///
/// # Errors
/// When the database fails.
pub async fn remove(db: &MySqlPool, name: &str) -> anyhow::Result<u64> {
    Ok(store::revoke(db, name, Clock::system().now()).await?)
}

/// Makes another token with the client's scopes; those it has go on for `overlap`.
///
/// # Errors
/// When there is no such client or the database fails.
pub async fn rotate(db: &MySqlPool, name: &str, overlap: Duration) -> anyhow::Result<SecretString> {
    let now = Clock::system().now();
    let end = now + TimeDelta::from_std(overlap).context("the overlap is too long")?;
    let (token, mut transaction) = (token::generate(), db::begin(db).await?);
    let scopes = store::find_scopes(&mut *transaction, name, now).await?;
    let scopes = scopes.with_context(|| format!("there is no client {name}"))?;
    store::expire(&mut *transaction, name, end).await?;
    let hash = token::hash(token.expose_secret());
    store::insert(&mut *transaction, name, &hash, &scopes, now, None).await?;
    transaction.commit().await?;
    Ok(token)
}

fn check_name(name: &str) -> anyhow::Result<()> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    ensure!(
        (1..=64).contains(&name.len()) && name.bytes().all(allowed),
        "a client's name is 1 to 64 letters, digits, hyphens, dots and underscores"
    );
    Ok(())
}

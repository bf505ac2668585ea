//! How a chapter that nobody can administer gets its first officer.

use anyhow::ensure;
use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};
use grove_shared::{NetId, db, token};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{MySqlPool, Row};

use crate::schema::DatabaseServer;

/// Who is named in the history of roles when the program gives them.
const BY: &str = "grove";
/// How long the link works that sets a first password.
const LINK_LIFETIME: TimeDelta = TimeDelta::hours(72);
/// Nobody is made a member for less than this many days.
const SHORTEST_TERM: Days = Days::new(60);

/// As long as no admin can sign in: makes `netid` one, and a link with which they set a password;
/// returns the link's token.
pub(crate) async fn ensure(
    server: &DatabaseServer,
    netid: &NetId,
    now: DateTime<Utc>,
) -> anyhow::Result<Option<SecretString>> {
    let (auth, groups) = (server.open("auth")?, server.open("groups")?);
    for admin in admins(&groups).await? {
        if can_sign_in(&auth, &admin).await? {
            return Ok(None);
        }
    }
    add_member(&server.open("users")?, netid, now).await?;
    add_admin(&groups, netid, now).await?;
    add_account(&auth, netid, now).await?;
    activation_link(&auth, netid, now).await.map(Some)
}

async fn admins(groups: &MySqlPool) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT netid FROM group_roles JOIN chapter_groups ON chapter_groups.id = group_id
         WHERE kind = 'committees' AND slug = 'admin' AND group_roles.ended_at IS NULL",
    );
    rows.fetch_all(groups).await?.iter().map(|row| row.try_get(0)).collect()
}

async fn can_sign_in(auth: &MySqlPool, netid: &str) -> Result<bool, sqlx::Error> {
    let account = sqlx::query(
        "SELECT 1 FROM accounts
         WHERE netid = ? AND password_hash IS NOT NULL AND disabled_at IS NULL",
    );
    Ok(account.bind(netid).fetch_optional(auth).await?.is_some())
}

/// Adds them with a term from today, unless they have had one already.
async fn add_member(users: &MySqlPool, netid: &NetId, now: DateTime<Utc>) -> anyhow::Result<()> {
    let (mut transaction, today) = (db::begin(users).await?, now.date_naive());
    sqlx::query(
        "INSERT INTO users (netid, first_name, last_name, verified_at, created_at)
         VALUES (?, 'First', 'Officer', ?, ?) ON DUPLICATE KEY UPDATE netid = users.netid",
    )
    .bind(netid.as_str())
    .bind(now)
    .bind(now)
    .execute(&mut *transaction)
    .await?;
    sqlx::query(
        "INSERT INTO memberships (user_id, starts_on, ends_on, created_at)
         SELECT id, ?, ?, ? FROM users WHERE netid = ?
         AND NOT EXISTS (SELECT 1 FROM memberships AS earlier WHERE earlier.user_id = users.id)",
    )
    .bind(today)
    .bind(end_of_term(today))
    .bind(now)
    .bind(netid.as_str())
    .execute(&mut *transaction)
    .await?;
    Ok(transaction.commit().await?)
}

async fn add_admin(
    groups: &MySqlPool,
    netid: &NetId,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let added = sqlx::query(
        "INSERT INTO group_roles (group_id, netid, started_at, started_by)
         SELECT id, ?, ?, ? FROM chapter_groups WHERE kind = 'committees' AND slug = 'admin'
         ON DUPLICATE KEY UPDATE netid = group_roles.netid",
    );
    added.bind(netid.as_str()).bind(now).bind(BY).execute(groups).await.map(drop)
}

async fn add_account(
    auth: &MySqlPool,
    netid: &NetId,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let added = sqlx::query(
        "INSERT INTO accounts (netid, first_name, last_name, created_at)
         VALUES (?, 'First', 'Officer', ?) ON DUPLICATE KEY UPDATE netid = accounts.netid",
    );
    added.bind(netid.as_str()).bind(now).execute(auth).await.map(drop)
}

async fn activation_link(
    auth: &MySqlPool,
    netid: &NetId,
    now: DateTime<Utc>,
) -> anyhow::Result<SecretString> {
    let token = token::generate();
    let made = sqlx::query(
        "INSERT INTO links (token_hash, account_id, purpose, created_at, expires_at)
         SELECT ?, id, 'activation', ?, ? FROM accounts WHERE netid = ? AND disabled_at IS NULL",
    )
    .bind(token::hash(token.expose_secret()).to_vec())
    .bind(now)
    .bind(now + LINK_LIFETIME)
    .bind(netid.as_str())
    .execute(auth)
    .await?;
    ensure!(
        made.rows_affected() == 1,
        "no admin can sign in, and the account {netid} is disabled: name another first officer"
    );
    Ok(token)
}

/// The end of the term that a payment on `day` would buy: the next 31 August at least 60 days ahead.
fn end_of_term(day: NaiveDate) -> NaiveDate {
    let earliest = day + SHORTEST_TERM;
    let end = earliest.iter_days().find(|day| (day.month(), day.day()) == (8, 31));
    end.unwrap_or(earliest)
}

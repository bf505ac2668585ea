//! The website's client token, which the gateway knows and the website sends.

use std::{fs, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use grove_shared::{db, token};
use secrecy::ExposeSecret;
use sqlx::MySqlPool;

/// The file with the token that the website sends, and the one with what is to take its place.
pub(crate) const TOKEN: &str = "gateway-token";
pub(crate) const NEXT_TOKEN: &str = "gateway-token.next";
/// The client application that the website is.
const CLIENT: &str = "website";
/// It says for which visitor it speaks.
const SCOPE: &str = "forward-address";
/// How long a token counts beside the one that replaces it.
const OVERLAP: TimeDelta = TimeDelta::minutes(5);

/// Makes sure that the gateway knows the token in `folder`; a website that runs keeps the one it has,
/// or takes up the next one.
pub(crate) async fn register(
    gateway: &MySqlPool,
    folder: &Path,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let file = folder.join(TOKEN);
    let next = folder.join(NEXT_TOKEN);
    if let Ok(token) = fs::read_to_string(&next) {
        if !is_known(gateway, token.trim(), now).await? {
            replace(gateway, token.trim(), now, now + OVERLAP).await?;
        }
        return Ok(fs::rename(next, file)?);
    }
    if let Ok(token) = fs::read_to_string(&file)
        && is_known(gateway, token.trim(), now).await?
    {
        return Ok(());
    }
    let token = token::generate();
    // Before the file is written: a token that only the gateway knows is replaced by the next run.
    replace(gateway, token.expose_secret(), now, now).await?;
    write(&file, token.expose_secret())
}

/// Registers a token; those before it end at `end`.
async fn replace(
    gateway: &MySqlPool,
    token: &str,
    now: DateTime<Utc>,
    end: DateTime<Utc>,
) -> anyhow::Result<()> {
    let mut transaction = db::begin(gateway).await?;
    sqlx::query(
        "UPDATE clients SET expires_at = ? WHERE name = ? AND revoked_at IS NULL
         AND (expires_at IS NULL OR expires_at > ?)",
    )
    .bind(end)
    .bind(CLIENT)
    .bind(end)
    .execute(&mut *transaction)
    .await?;
    sqlx::query("INSERT INTO clients (name, token_hash, scopes, created_at) VALUES (?, ?, ?, ?)")
        .bind(CLIENT)
        .bind(&token::hash(token)[..])
        .bind(SCOPE)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}

async fn is_known(
    gateway: &MySqlPool,
    token: &str,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let found = sqlx::query(
        "SELECT 1 FROM clients WHERE name = ? AND token_hash = ? AND revoked_at IS NULL
         AND (expires_at IS NULL OR expires_at > ?)",
    );
    let found = found.bind(CLIENT).bind(token::hash(token).to_vec()).bind(now);
    Ok(found.fetch_optional(gateway).await?.is_some())
}

/// Writes a file that its owner alone may read, whole or not at all.
fn write(file: &Path, secret: &str) -> anyhow::Result<()> {
    let partial = file.with_extension("partial");
    let mut options = fs::File::options();
    let options = options.write(true).create(true).truncate(true).mode(0o400);
    let opened = options.open(&partial);
    let mut opened = opened.with_context(|| format!("cannot write {}", partial.display()))?;
    opened.write_all(secret.as_bytes())?;
    opened.sync_all()?;
    Ok(fs::rename(&partial, file)?)
}

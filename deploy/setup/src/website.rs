//! The website's client token, which the gateway knows and the website sends.

use std::{fs, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use anyhow::Context;
use chrono::{DateTime, Utc};
use grove_shared::token;
use secrecy::ExposeSecret;
use sqlx::MySqlPool;

/// The client application that the website is.
const CLIENT: &str = "website";
/// It says for which visitor it speaks.
const SCOPE: &str = "forward-address";

/// Makes sure that the gateway knows the token in `folder`; a website that runs keeps the one it has.
pub(crate) async fn register(
    gateway: &MySqlPool,
    folder: &Path,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let file = folder.join("gateway-token");
    if let Ok(token) = fs::read_to_string(&file)
        && is_known(gateway, token.trim(), now).await?
    {
        return Ok(());
    }
    let token = token::generate();
    let mut transaction = gateway.begin().await?;
    sqlx::query("UPDATE clients SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL")
        .bind(now)
        .bind(CLIENT)
        .execute(&mut *transaction)
        .await?;
    sqlx::query("INSERT INTO clients (name, token_hash, scopes, created_at) VALUES (?, ?, ?, ?)")
        .bind(CLIENT)
        .bind(&token::hash(token.expose_secret())[..])
        .bind(SCOPE)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
    // Before the file is written: a token that only the gateway knows is replaced by the next run.
    transaction.commit().await?;
    write(&file, token.expose_secret())
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

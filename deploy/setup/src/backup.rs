//! The account that backs the database up: it reads everything and writes nothing.

use anyhow::Context;
use grove_shared::token;
use secrecy::{ExposeSecret, SecretString};
use sqlx::{Connection, MySqlConnection};
use url::Url;

use crate::{folder::Folder, rights};

/// What the account is called, after the prefix of the schemas.
pub(crate) const ACCOUNT: &str = "backup";
/// In the folder of `setup`: the account's password.
pub(crate) const PASSWORD: &str = "backup-password";
/// In the folder of the backup: the options with which clients of the database connect.
const OPTIONS: &str = "client.cnf";
/// What a dump that holds nobody up for long needs: FLUSH TABLES and FLUSH BINARY LOGS are RELOAD.
const RIGHTS: &str = "SELECT, RELOAD, REPLICATION CLIENT, SHOW VIEW, TRIGGER, EVENT";

/// Makes the account's password, where `setup` and where the backup reads it; with `replace`, anew.
pub(crate) fn make_secrets(
    setup: &Folder,
    backup: &Folder,
    database_host: &str,
    replace: bool,
) -> anyhow::Result<()> {
    if replace {
        setup.write(PASSWORD, token::generate().expose_secret())?;
    }
    let password = setup.secret(PASSWORD, || Ok(token::generate()))?;
    let (host, port) = database_host.rsplit_once(':').unwrap_or((database_host, "3306"));
    backup.write(
        OPTIONS,
        &format!(
            "[client]\nuser=grove_{ACCOUNT}\npassword={}\nhost={host}\nport={port}\nprotocol=TCP\n",
            password.expose_secret()
        ),
    )
}

/// Makes the account `user` if it is missing, and sets its password and rights.
pub(crate) async fn set_account(
    connection: &mut MySqlConnection,
    user: &str,
    password: &str,
) -> anyhow::Result<()> {
    for statement in [
        format!("CREATE USER IF NOT EXISTS '{user}'@'%' IDENTIFIED BY '{password}'"),
        format!("ALTER USER '{user}'@'%' IDENTIFIED BY '{password}'"),
        format!("GRANT {RIGHTS} ON *.* TO '{user}'@'%'"),
    ] {
        let done = rights::execute(connection, statement).await;
        done.with_context(|| format!("the account {user}"))?;
    }
    Ok(())
}

/// Whether this password opens the account `user` of the server.
pub(crate) async fn opens(
    server: &str,
    user: &str,
    password: &SecretString,
) -> anyhow::Result<bool> {
    let mut url = Url::parse(server)?;
    url.set_username(user).ok().context("the URL takes no user")?;
    url.set_password(Some(password.expose_secret())).ok().context("the URL takes no user")?;
    match MySqlConnection::connect(url.as_str()).await {
        Ok(connection) => connection.close().await.map(|()| true).map_err(Into::into),
        Err(_) => Ok(false),
    }
}

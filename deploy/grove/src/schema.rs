//! The schemas of all services on one server: making them, migrating them, opening them.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use grove_shared::{config::DbConfig, db, token};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    AssertSqlSafe, Connection, MySqlConnection, MySqlPool, Row, migrate::Migrator,
    mysql::MySqlConnectOptions,
};
use url::Url;

/// The crates that own a schema, and its migrations.
pub const OWNERS: [(&str, &Migrator); 10] = [
    ("auth", &grove_auth::MIGRATOR),
    ("users", &grove_users::MIGRATOR),
    ("groups", &grove_groups::MIGRATOR),
    ("quotes", &grove_quotes::MIGRATOR),
    ("notifications", &grove_notifications::MIGRATOR),
    ("directory", &grove_directory::MIGRATOR),
    ("credits", &grove_credits::MIGRATOR),
    ("gigs", &grove_gigs::MIGRATOR),
    ("merch", &grove_merch::MIGRATOR),
    ("gateway", &grove_gateway::MIGRATOR),
];

/// A server and an account on it that may create schemas and users.
#[derive(Debug, Clone)]
pub struct DatabaseServer {
    url: SecretString,
    prefix: String,
}

impl DatabaseServer {
    /// The server at `mysql://user:password@host:port`; a schema in the URL is ignored.
    ///
    /// # Errors
    /// When it is no such URL.
    pub fn new(url: &str) -> anyhow::Result<Self> {
        let mut parsed =
            Url::parse(url).context("a database is mysql://user:password@host:port")?;
        anyhow::ensure!(
            parsed.scheme() == "mysql",
            "a database is mysql://user:password@host:port"
        );
        parsed.set_path("");
        Ok(Self { url: parsed.to_string().into(), prefix: "grove_".to_owned() })
    }

    /// The same server with schemas and accounts of other names, so that it holds several chapters.
    #[must_use]
    pub fn with_prefix(self, prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), ..self }
    }

    /// The name of a service's schema, which is that of its account too.
    fn schema(&self, owner: &str) -> String {
        format!("{}{owner}", self.prefix)
    }

    /// The URL of a service's schema, under the server's own account.
    fn schema_url(&self, owner: &str) -> SecretString {
        let server = self.url.expose_secret().trim_end_matches('/');
        format!("{server}/{}", self.schema(owner)).into()
    }

    /// A pool on a service's schema, for the commands of the `grove` program.
    ///
    /// # Errors
    /// When the URL is malformed.
    pub fn open(&self, owner: &str) -> anyhow::Result<MySqlPool> {
        db::connect(&db_config(self.schema_url(owner)))
    }

    async fn connect(&self) -> anyhow::Result<MySqlConnection> {
        let options: MySqlConnectOptions = self.url.expose_secret().parse()?;
        MySqlConnection::connect_with(&options).await.context("the database does not answer")
    }

    /// Creates what schemas are missing and brings all up to date; returns how many migrations each
    /// schema has.
    ///
    /// # Errors
    /// When the account may not, or a migration fails.
    pub async fn migrate(&self) -> anyhow::Result<Vec<(&'static str, usize)>> {
        let mut connection = self.connect().await?;
        let mut versions = Vec::new();
        for (owner, migrator) in OWNERS {
            let create = format!(
                "CREATE DATABASE IF NOT EXISTS {} CHARACTER SET utf8mb4",
                self.schema(owner)
            );
            sqlx::query(AssertSqlSafe(create)).execute(&mut connection).await?;
            let db = self.open(owner)?;
            db::migrate(&db, migrator).await.with_context(|| format!("schema of {owner}"))?;
            db.close().await;
            versions.push((owner, migrator.iter().count()));
        }
        connection.close().await?;
        Ok(versions)
    }

    /// Gives each service an account of its own with a fresh password and rights on its schema alone;
    /// returns their URLs.
    ///
    /// # Errors
    /// When the server's account may not create users.
    pub async fn provision(&self) -> anyhow::Result<BTreeMap<&'static str, DbConfig>> {
        let mut configs = BTreeMap::new();
        for (owner, _) in OWNERS {
            let password = token::generate();
            self.set_password(owner, &password).await?;
            configs.insert(owner, db_config(self.url_of(owner, &password)?));
        }
        Ok(configs)
    }

    /// The URL of a service's schema, under its own account with this password.
    ///
    /// # Errors
    /// When the server's URL takes no user.
    pub fn url_of(&self, owner: &str, password: &SecretString) -> anyhow::Result<SecretString> {
        let mut url = Url::parse(self.schema_url(owner).expose_secret())?;
        url.set_username(&self.schema(owner)).ok().context("the URL takes no user")?;
        url.set_password(Some(password.expose_secret())).ok().context("the URL takes no user")?;
        Ok(url.to_string().into())
    }

    /// Makes a service's account if it is missing, with rights on its schema alone, and sets its
    /// password.
    ///
    /// # Errors
    /// When the password is not of the alphabet of base64url, or the server's account may not.
    pub async fn set_password(&self, owner: &str, password: &SecretString) -> anyhow::Result<()> {
        let (user, quoted) = (self.schema(owner), password.expose_secret());
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        ensure!(
            quoted.len() >= 20 && quoted.bytes().all(is_plain),
            "the password of {user} is not one of Grove's own: 20 letters, digits, - and _ or more"
        );
        let mut connection = self.connect().await?;
        for statement in [
            format!("CREATE USER IF NOT EXISTS '{user}'@'%' IDENTIFIED BY '{quoted}'"),
            format!("ALTER USER '{user}'@'%' IDENTIFIED BY '{quoted}'"),
            // In a GRANT an underscore stands for any character unless it is escaped.
            format!("GRANT ALL PRIVILEGES ON `{}`.* TO '{user}'@'%'", user.replace('_', "\\_")),
        ] {
            let done = sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await;
            done.with_context(|| format!("the account of {owner}"))?;
        }
        Ok(connection.close().await?)
    }

    /// Removes every schema and account of this chapter.
    ///
    /// # Errors
    /// When the server's account may not.
    pub async fn remove(&self) -> anyhow::Result<()> {
        let mut connection = self.connect().await?;
        for (owner, _) in OWNERS {
            let name = self.schema(owner);
            for statement in [
                format!("DROP DATABASE IF EXISTS {name}"),
                format!("DROP USER IF EXISTS '{name}'@'%'"),
            ] {
                sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
            }
        }
        Ok(connection.close().await?)
    }

    /// What the server says it is, such as `10.11.19-MariaDB`.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn version(&self) -> anyhow::Result<String> {
        let mut connection = self.connect().await?;
        Ok(sqlx::query("SELECT VERSION()").fetch_one(&mut connection).await?.try_get(0)?)
    }
}

fn db_config(url: SecretString) -> DbConfig {
    DbConfig { database_url: Some(url), database_url_file: None, database_connections: 10 }
}

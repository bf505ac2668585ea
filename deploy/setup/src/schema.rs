//! The schemas of all services on one server: making them, migrating them, opening them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::Context;
use futures_util::future::{join_all, try_join_all};
use grove_shared::{config::DbConfig, db, token};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    AssertSqlSafe, Connection, MySql, MySqlConnection, MySqlPool, Row, mysql::MySqlConnectOptions,
    pool::PoolConnection,
};
use url::Url;

use crate::{OWNERS, Owner, backup, rights};

/// A server and an account on it that may create schemas and users.
#[derive(Debug, Clone)]
pub struct DatabaseServer {
    url: SecretString,
    prefix: String,
    /// By schema. They are kept: to connect takes longer than most of what follows.
    pools: Arc<Mutex<BTreeMap<String, MySqlPool>>>,
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
        Ok(Self {
            url: parsed.to_string().into(),
            prefix: "grove_".to_owned(),
            pools: Arc::default(),
        })
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

    /// The pool on a service's schema, the same one each time.
    ///
    /// # Errors
    /// When the URL is malformed.
    pub fn open(&self, owner: &str) -> anyhow::Result<MySqlPool> {
        let schema = self.schema(owner);
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.get(&schema) {
            return Ok(pool.clone());
        }
        let pool = db::connect(&db_config(self.schema_url(owner)))?;
        pools.insert(schema, pool.clone());
        Ok(pool)
    }

    /// A connection that uses no schema. It is no pool's, which would not say why it cannot be opened.
    async fn connect(&self) -> anyhow::Result<MySqlConnection> {
        let options: MySqlConnectOptions = self.url.expose_secret().parse()?;
        MySqlConnection::connect_with(&options).await.context("the database does not answer")
    }

    /// A connection to a service's schema, which exists.
    async fn connect_to(&self, owner: &str) -> anyhow::Result<PoolConnection<MySql>> {
        self.open(owner)?.acquire().await.context("the database does not answer")
    }

    /// Waits until the server can be reached, as one that is starting cannot.
    ///
    /// # Errors
    /// When that takes longer than `patience`, or the server refuses the account.
    pub async fn wait(&self, patience: Duration) -> anyhow::Result<()> {
        let begin = Instant::now();
        loop {
            match self.connect().await {
                Ok(connection) => return Ok(connection.close().await?),
                Err(cause)
                    if matches!(cause.downcast_ref(), Some(sqlx::Error::Io(_)))
                        && begin.elapsed() < patience => {}
                Err(cause) => return Err(cause),
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Creates what schemas are missing and brings all up to date; returns how many migrations each
    /// schema has.
    ///
    /// # Errors
    /// When the account may not, or a migration fails.
    pub async fn migrate(&self) -> anyhow::Result<Vec<(&'static str, usize)>> {
        let mut connection = self.connect().await?;
        for Owner { name: owner, .. } in OWNERS {
            let create = format!(
                "CREATE DATABASE IF NOT EXISTS {} CHARACTER SET utf8mb4",
                self.schema(owner)
            );
            sqlx::query(AssertSqlSafe(create)).execute(&mut connection).await?;
        }
        connection.close().await?;
        // At once, since each waits for the database most of its time; and each to its end, since a
        // migration that is cut off leaves a schema that a person has to look at.
        let migrated = join_all(OWNERS.iter().map(|owner| self.migrate_schema(owner))).await;
        migrated.into_iter().collect()
    }

    async fn migrate_schema(&self, owner: &Owner) -> anyhow::Result<(&'static str, usize)> {
        let Owner { name, migrator, .. } = owner;
        let db = self.open(name)?;
        db::migrate(&db, migrator).await.with_context(|| format!("schema of {name}"))?;
        Ok((*name, migrator.iter().count()))
    }

    /// Gives each service an account of its own with a fresh password and rights on the rows of its
    /// schema alone; returns their URLs. The schemas are there and up to date.
    ///
    /// # Errors
    /// When the server's account may not create users.
    pub async fn provision(&self) -> anyhow::Result<BTreeMap<&'static str, DbConfig>> {
        let configs = OWNERS.iter().map(|owner| async {
            let password = token::generate();
            self.set_account(owner, &password, None).await?;
            Ok::<_, anyhow::Error>((owner.name, db_config(self.url_of(owner.name, &password)?)))
        });
        Ok(try_join_all(configs).await?.into_iter().collect())
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

    /// Makes a service's account if it is missing, sets its password, and gives it the rights that it
    /// needs and no other. Its schema is there and up to date. With `old`, that password opens the
    /// account as well, until this is done again without.
    ///
    /// # Errors
    /// When the password is not of the alphabet of base64url, or the server's account may not.
    pub async fn set_account(
        &self,
        owner: &Owner,
        password: &SecretString,
        old: Option<&SecretString>,
    ) -> anyhow::Result<()> {
        let mut connection = self.connect_to(owner.name).await?;
        let account = rights::Account { schema: self.schema(owner.name), owner };
        let done = account.set(&mut connection, password, old).await;
        done.with_context(|| format!("the account of {}", owner.name))
    }

    /// Gives a service's account the rights that it needs and no other.
    ///
    /// # Errors
    /// When the server's account may not.
    pub async fn set_rights(&self, owner: &Owner) -> anyhow::Result<()> {
        let mut connection = self.connect_to(owner.name).await?;
        let account = rights::Account { schema: self.schema(owner.name), owner };
        let done = account.set_rights(&mut connection).await;
        done.with_context(|| format!("the account of {}", owner.name))
    }

    /// Whether this password opens a service's account.
    ///
    /// # Errors
    /// When the server's URL takes no user.
    pub async fn opens(&self, owner: &Owner, password: &SecretString) -> anyhow::Result<bool> {
        let url = self.url_of(owner.name, password)?;
        let options: MySqlConnectOptions = url.expose_secret().parse()?;
        match MySqlConnection::connect_with(&options).await {
            Ok(connection) => connection.close().await.map(|()| true).map_err(Into::into),
            Err(_) => Ok(false),
        }
    }

    /// Makes the account that backs everything up, unless this password opens it already.
    ///
    /// # Errors
    /// When the server's account may not.
    pub async fn set_backup_account(&self, password: &SecretString) -> anyhow::Result<()> {
        let user = self.schema(backup::ACCOUNT);
        if backup::opens(self.url.expose_secret(), &user, password).await? {
            return Ok(());
        }
        let mut connection = self.connect().await?;
        backup::set_account(&mut connection, &user, password.expose_secret()).await?;
        Ok(connection.close().await?)
    }

    /// Removes every schema and account of this chapter.
    ///
    /// # Errors
    /// When the server's account may not.
    pub async fn remove(&self) -> anyhow::Result<()> {
        let mut connection = self.connect().await?;
        for owner in OWNERS {
            let name = self.schema(owner.name);
            for statement in [
                format!("DROP DATABASE IF EXISTS {name}"),
                format!("DROP USER IF EXISTS '{name}'@'%'"),
            ] {
                sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
            }
        }
        let backup = format!("DROP USER IF EXISTS '{}'@'%'", self.schema(backup::ACCOUNT));
        sqlx::query(AssertSqlSafe(backup)).execute(&mut connection).await?;
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

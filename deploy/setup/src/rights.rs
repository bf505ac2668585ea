//! What a service's account may do: read its own schema, and write the rows of its tables.
//!
//! Not change tables, not touch the record of migrations, not change what is append-only. So a service
//! that is taken over can neither hide its traces nor rewrite a ledger.

use std::collections::BTreeSet;

use anyhow::ensure;
use secrecy::{ExposeSecret, SecretString};
use sqlx::{AssertSqlSafe, MySqlConnection, Row};

use crate::Owner;

/// The table in which sqlx records the migrations.
const MIGRATIONS: &str = "_sqlx_migrations";

/// What something may be done to, as SQL names it, and what.
type Right = (String, String);

/// The account of a service, which is called as its schema.
#[derive(Debug)]
pub(crate) struct Account<'a> {
    pub(crate) schema: String,
    pub(crate) owner: &'a Owner,
}

impl Account<'_> {
    /// Makes the account if it is missing, and sets its password and rights. Rights that it has and
    /// should have are not touched: the service may be at work. With `old`, that password opens the
    /// account as well, until this is done again without.
    pub(crate) async fn set(
        &self,
        connection: &mut MySqlConnection,
        password: &SecretString,
        old: Option<&SecretString>,
    ) -> anyhow::Result<()> {
        let (user, new) = (&self.schema, self.quoted(password)?);
        let create = format!("CREATE USER IF NOT EXISTS '{user}'@'%' IDENTIFIED BY '{new}'");
        execute(connection, create).await?;
        let version: String =
            sqlx::query("SELECT VERSION()").fetch_one(&mut *connection).await?.try_get(0)?;
        let alter = format!("ALTER USER '{user}'@'%' IDENTIFIED");
        let statements = match (version.contains("MariaDB"), old) {
            (true, None) => vec![format!("{alter} BY '{new}'")],
            (true, Some(old)) => {
                let either = [new, self.quoted(old)?]
                    .map(|password| format!("mysql_native_password USING PASSWORD('{password}')"));
                vec![format!("{alter} VIA {}", either.join(" OR "))]
            }
            (false, None) => vec![
                format!("{alter} BY '{new}'"),
                format!("ALTER USER '{user}'@'%' DISCARD OLD PASSWORD"),
            ],
            (false, Some(_)) => vec![format!("{alter} BY '{new}' RETAIN CURRENT PASSWORD")],
        };
        for statement in statements {
            execute(connection, statement).await?;
        }
        self.set_rights(connection).await
    }

    /// Gives the account the rights that it needs, and takes the others.
    pub(crate) async fn set_rights(&self, connection: &mut MySqlConnection) -> anyhow::Result<()> {
        let wanted = self.wanted(connection).await?;
        let granted = self.granted(connection).await?;
        let user = &self.schema;
        // At first what is too much: "ALL PRIVILEGES" includes rights that it should have.
        for (object, right) in granted.difference(&wanted) {
            execute(connection, format!("REVOKE {right} ON {object} FROM '{user}'@'%'")).await?;
        }
        for (object, right) in wanted.difference(&granted) {
            execute(connection, format!("GRANT {right} ON {object} TO '{user}'@'%'")).await?;
        }
        Ok(())
    }

    /// A password that can stand between quotes.
    fn quoted<'a>(&self, password: &'a SecretString) -> anyhow::Result<&'a str> {
        let (user, text) = (&self.schema, password.expose_secret());
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        ensure!(
            text.len() >= 20 && text.bytes().all(is_plain),
            "the password of {user} is not one of Grove's own: 20 letters, digits, - and _ or more"
        );
        Ok(text)
    }

    /// The schema in a right on it as a whole, where an underscore stands for any character unless it is
    /// escaped.
    fn pattern(&self) -> String {
        self.schema.replace('_', "\\_")
    }

    async fn wanted(&self, connection: &mut MySqlConnection) -> anyhow::Result<BTreeSet<Right>> {
        let tables = sqlx::query(
            "SELECT TABLE_NAME FROM information_schema.TABLES
             WHERE TABLE_SCHEMA = ? AND TABLE_TYPE = 'BASE TABLE'",
        );
        let all_tables = format!("`{}`.*", self.pattern());
        let mut wanted = BTreeSet::from([(all_tables, "SELECT".to_owned())]);
        for row in tables.bind(&self.schema).fetch_all(connection).await? {
            let table: String = row.try_get(0)?;
            let rights: &[&str] = match table.as_str() {
                MIGRATIONS => &[],
                table if self.owner.append_only.contains(&table) => &["INSERT"],
                _ => &["INSERT", "UPDATE", "DELETE"],
            };
            let table = format!("`{}`.`{table}`", self.schema);
            wanted.extend(rights.iter().map(|right| (table.clone(), (*right).to_owned())));
        }
        Ok(wanted)
    }

    /// What the account may do to its schema. Not from `information_schema`: MySQL 9.7 crashes now and then
    /// when it is asked there for rights while others are granted.
    async fn granted(&self, connection: &mut MySqlConnection) -> anyhow::Result<BTreeSet<Right>> {
        let grants = format!("SHOW GRANTS FOR '{}'@'%'", self.schema);
        let own = [&self.schema, &self.pattern()].map(|schema| format!("`{schema}`."));
        let mut granted = BTreeSet::new();
        for row in sqlx::query(AssertSqlSafe(grants)).fetch_all(connection).await? {
            let grant: String = row.try_get(0)?;
            // GRANT INSERT, UPDATE ON `schema`.`table` TO ...
            let Some((rights, rest)) = grant.trim_start_matches("GRANT ").split_once(" ON ") else {
                continue;
            };
            let object = rest.split_once(" TO ").map_or(rest, |(object, _)| object);
            if own.iter().any(|own| object.starts_with(own)) {
                let rights = rights.split(", ");
                granted.extend(rights.map(|right| (object.to_owned(), right.to_owned())));
            }
        }
        Ok(granted)
    }
}

/// Executes a statement on an account, as text and not prepared: MySQL 9.7 refuses a prepared `RETAIN CURRENT PASSWORD`, and its general log has
/// the passwords of prepared statements that are executed again.
pub(crate) async fn execute(
    connection: &mut MySqlConnection,
    statement: String,
) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await.map(drop)
}

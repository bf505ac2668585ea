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

/// A table and what may be done to its rows.
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
        self.set_rights_on_tables(connection).await?;
        self.set_rights_on_schema(connection).await
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

    async fn set_rights_on_tables(&self, connection: &mut MySqlConnection) -> anyhow::Result<()> {
        let wanted = self.wanted(connection).await?;
        let granted = self.granted(connection).await?;
        let (schema, user) = (&self.schema, &self.schema);
        for (table, right) in wanted.difference(&granted) {
            let grant = format!("GRANT {right} ON `{schema}`.`{table}` TO '{user}'@'%'");
            execute(connection, grant).await?;
        }
        for (table, right) in granted.difference(&wanted) {
            let revoke = format!("REVOKE {right} ON `{schema}`.`{table}` FROM '{user}'@'%'");
            execute(connection, revoke).await?;
        }
        Ok(())
    }

    /// Reading is allowed on the schema as a whole, and nothing else is.
    async fn set_rights_on_schema(&self, connection: &mut MySqlConnection) -> anyhow::Result<()> {
        let user = &self.schema;
        // In a right on a schema an underscore stands for any character unless it is escaped.
        let pattern = self.schema.replace('_', "\\_");
        let rows = sqlx::query(
            "SELECT PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES
             WHERE GRANTEE = ? AND TABLE_SCHEMA = ?",
        );
        let rows = rows.bind(self.grantee()).bind(&pattern).fetch_all(&mut *connection).await?;
        let granted: Vec<String> =
            rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        if !granted.iter().any(|right| right == "SELECT") {
            let grant = format!("GRANT SELECT ON `{pattern}`.* TO '{user}'@'%'");
            execute(connection, grant).await?;
        }
        let surplus: Vec<_> =
            granted.iter().map(String::as_str).filter(|right| *right != "SELECT").collect();
        if !surplus.is_empty() {
            let surplus = surplus.join(", ");
            let revoke = format!("REVOKE {surplus} ON `{pattern}`.* FROM '{user}'@'%'");
            execute(connection, revoke).await?;
        }
        Ok(())
    }

    fn grantee(&self) -> String {
        format!("'{}'@'%'", self.schema)
    }

    async fn wanted(&self, connection: &mut MySqlConnection) -> anyhow::Result<BTreeSet<Right>> {
        let tables = sqlx::query(
            "SELECT TABLE_NAME FROM information_schema.TABLES
             WHERE TABLE_SCHEMA = ? AND TABLE_TYPE = 'BASE TABLE'",
        );
        let mut wanted = BTreeSet::new();
        for row in tables.bind(&self.schema).fetch_all(connection).await? {
            let table: String = row.try_get(0)?;
            let rights: &[&str] = match table.as_str() {
                MIGRATIONS => &[],
                table if self.owner.append_only.contains(&table) => &["INSERT"],
                _ => &["INSERT", "UPDATE", "DELETE"],
            };
            wanted.extend(rights.iter().map(|right| (table.clone(), (*right).to_owned())));
        }
        Ok(wanted)
    }

    async fn granted(&self, connection: &mut MySqlConnection) -> anyhow::Result<BTreeSet<Right>> {
        let rows = sqlx::query(
            "SELECT TABLE_NAME, PRIVILEGE_TYPE FROM information_schema.TABLE_PRIVILEGES
             WHERE GRANTEE = ? AND TABLE_SCHEMA = ?",
        );
        let rows = rows.bind(self.grantee()).bind(&self.schema).fetch_all(connection).await?;
        Ok(rows
            .iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
            .collect::<Result<_, sqlx::Error>>()?)
    }
}

async fn execute(connection: &mut MySqlConnection, statement: String) -> Result<(), sqlx::Error> {
    sqlx::query(AssertSqlSafe(statement)).execute(connection).await.map(drop)
}

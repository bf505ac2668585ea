//! A schema for each test.

use grove_shared::{config::DbConfig, db};
use grove_throwaway::Server;
use secrecy::SecretString;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, MySqlPool, migrate::Migrator};
use tokio::sync::OnceCell;

/// The server of this test binary; it ends with the process.
static SERVER: OnceCell<Server> = OnceCell::const_new();

/// The URL of this test binary's server, without a schema.
///
/// # Panics
/// When there is no server.
pub async fn server_url() -> String {
    let server = SERVER.get_or_init(|| async { Server::start().await.unwrap() }).await;
    server.url().to_owned()
}

/// A schema of its own for one test, dropped after it.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    server_url: String,
    pool: MySqlPool,
}

impl TestDatabase {
    /// An empty schema.
    ///
    /// # Panics
    /// When there is no database server to make it on.
    pub async fn create_empty() -> Self {
        let server_url = server_url().await;
        let name = format!("grove_test_{:016x}", rand::random::<u64>());
        let mut connection = MySqlConnection::connect(&server_url).await.expect("database server");
        let statement = format!("CREATE DATABASE {name} CHARACTER SET utf8mb4");
        sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.expect("schema");
        connection.close().await.expect("database server");
        let pool = db::connect(&config(&server_url, &name)).expect("pool");
        Self { name, server_url, pool }
    }

    /// A schema with the tables of `migrator`.
    ///
    /// # Panics
    /// As [`TestDatabase::create_empty`], and when a migration fails.
    pub async fn create(migrator: &Migrator) -> Self {
        let database = Self::create_empty().await;
        migrator.run(&database.pool).await.expect("migrations");
        database
    }

    /// Connections to the schema.
    pub fn pool(&self) -> MySqlPool {
        self.pool.clone()
    }

    /// Where `text` stands in any row of the schema, within whatever else: `table.column`, sorted.
    ///
    /// # Panics
    /// When the schema cannot be read.
    pub async fn tables_mentioning(&self, text: &str) -> Vec<String> {
        tables_mentioning(&self.pool, text).await
    }

    /// The URL of the schema.
    pub fn url(&self) -> SecretString {
        format!("{}/{}", self.server_url, self.name).into()
    }
}

/// Where `text` stands in any row of a schema, within whatever else: `table.column`, sorted.
///
/// # Panics
/// When the schema cannot be read.
pub async fn tables_mentioning(pool: &MySqlPool, text: &str) -> Vec<String> {
    let columns = sqlx::query_as::<_, (String, String)>(
        "SELECT CONVERT(table_name USING utf8mb4), CONVERT(column_name USING utf8mb4)
         FROM information_schema.columns WHERE table_schema = DATABASE()",
    );
    let mut mentioning = Vec::new();
    for (table, column) in columns.fetch_all(pool).await.expect("columns") {
        let query = format!(
            "SELECT EXISTS (SELECT 1 FROM `{table}` WHERE LOCATE(?, CAST(`{column}` AS CHAR)) > 0)"
        );
        let query = sqlx::query_scalar::<_, i64>(AssertSqlSafe(query)).bind(text);
        if query.fetch_one(pool).await.expect("a column") > 0 {
            mentioning.push(format!("{table}.{column}"));
        }
    }
    mentioning.sort();
    mentioning
}

fn config(server_url: &str, name: &str) -> DbConfig {
    DbConfig {
        database_url: Some(format!("{server_url}/{name}").into()),
        database_url_file: None,
        database_connections: 10,
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // Drop cannot wait, and the test's runtime ends with it: drop the schema from a thread.
        let (name, url) = (self.name.clone(), self.server_url.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            // What cannot be dropped goes with the throwaway server.
            let _ = runtime.expect("runtime").block_on(drop_schema(&url, &name));
        });
        let _ = thread.join();
    }
}

async fn drop_schema(server_url: &str, name: &str) -> Result<(), sqlx::Error> {
    let mut connection = MySqlConnection::connect(server_url).await?;
    // A transaction that the test left open would hold its tables for ever: the runtime that would
    // roll it back waits for this.
    let ids = sqlx::query_scalar::<_, u64>(
        "SELECT CAST(id AS UNSIGNED) FROM information_schema.processlist WHERE db = ?",
    );
    for id in ids.bind(name).fetch_all(&mut connection).await? {
        // It may have ended by itself.
        let _ = sqlx::query(AssertSqlSafe(format!("KILL {id}"))).execute(&mut connection).await;
    }
    let drop = format!("DROP DATABASE IF EXISTS {name}");
    sqlx::query(AssertSqlSafe(drop)).execute(&mut connection).await?;
    connection.close().await
}

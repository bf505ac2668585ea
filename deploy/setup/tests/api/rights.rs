//! What the account of a service may do.

use std::time::Duration;

use grove_setup::{DatabaseServer, OWNERS, Owner};
use grove_shared::{config::DbConfig, db, token};
use secrecy::ExposeSecret;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, MySqlPool, Row};

fn owner(name: &str) -> &'static Owner {
    OWNERS.iter().find(|owner| owner.name == name).unwrap()
}

async fn may(pool: &MySqlPool, statement: &str) -> bool {
    sqlx::query(AssertSqlSafe(statement.to_owned())).execute(pool).await.is_ok()
}

async fn schema_of(pool: &MySqlPool) -> String {
    sqlx::query("SELECT DATABASE()").fetch_one(pool).await.unwrap().get(0)
}

/// The pool of a service under its own account.
fn connect(configs: &std::collections::BTreeMap<&'static str, DbConfig>, owner: &str) -> MySqlPool {
    db::connect(&configs[owner]).unwrap()
}

async fn end(server: DatabaseServer) {
    server.remove().await.unwrap();
}

#[tokio::test]
async fn a_service_writes_its_rows_and_nothing_else() {
    let server = super::server().await;
    server.migrate().await.unwrap();
    let configs = server.provision().await.unwrap();
    let quotes = connect(&configs, "quotes");
    assert!(may(&quotes, "DELETE FROM votes").await);
    assert!(may(&quotes, "SELECT 1 FROM quotes WHERE id = 1 FOR UPDATE").await);
    assert!(may(&quotes, "SELECT 1 FROM _sqlx_migrations").await);
    let others = schema_of(&server.open("users").unwrap()).await;
    for refused in [
        "CREATE TABLE more (id INT)",
        "DROP TABLE votes",
        "ALTER TABLE votes ADD COLUMN more INT",
        "TRUNCATE TABLE votes",
        "CREATE INDEX more ON quotes (id)",
        "DELETE FROM _sqlx_migrations",
        "UPDATE _sqlx_migrations SET success = 0",
        "CREATE USER someone",
        "SELECT 1 FROM mysql.user",
        &format!("SELECT 1 FROM {others}.users"),
        &format!("INSERT INTO {others}.users (netid) VALUES ('x')"),
    ] {
        assert!(!may(&quotes, refused).await, "{refused}");
    }
    end(server).await;
}

#[tokio::test]
async fn the_backup_reads_everything_and_writes_nothing() {
    let server = super::server().await;
    server.migrate().await.unwrap();
    let password = token::generate();
    server.set_backup_account(&password).await.unwrap();
    server.set_backup_account(&password).await.unwrap();
    let url = server.url_of("backup", &password).unwrap();
    // It has no schema of its own.
    let (server_url, _) = url.expose_secret().rsplit_once('/').unwrap();
    let quotes = schema_of(&server.open("quotes").unwrap()).await;
    let url = format!("{server_url}/{quotes}");
    let backup = MySqlPool::connect(&url).await.unwrap();
    for allowed in ["SELECT 1 FROM votes", "SELECT 1 FROM mysql.user", "FLUSH TABLES"] {
        assert!(may(&backup, allowed).await, "{allowed}");
    }
    for refused in [
        "DELETE FROM votes",
        "INSERT INTO votes SELECT * FROM votes",
        "DROP TABLE votes",
        "CREATE TABLE more (id INT)",
        "CREATE USER someone",
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        "SHUTDOWN",
    ] {
        assert!(!may(&backup, refused).await, "{refused}");
    }
    end(server).await;
}

#[tokio::test]
async fn nobody_rewrites_what_is_append_only() {
    let server = super::server().await;
    server.migrate().await.unwrap();
    let configs = server.provision().await.unwrap();
    let mut tables = 0;
    for owner in OWNERS {
        let service = connect(&configs, owner.name);
        for table in owner.append_only {
            assert!(may(&service, &format!("SELECT * FROM {table}")).await, "{table}");
            assert!(may(&service, &format!("INSERT INTO {table} SELECT * FROM {table}")).await);
            let columns = AssertSqlSafe(format!("SHOW COLUMNS FROM {table}"));
            let column: String = sqlx::query(columns).fetch_one(&service).await.unwrap().get(0);
            let change = format!("UPDATE {table} SET {column} = {column}");
            assert!(!may(&service, &change).await, "{} {table}", owner.name);
            let removal = format!("DELETE FROM {table}");
            assert!(!may(&service, &removal).await, "{} {table}", owner.name);
            tables += 1;
        }
    }
    // The ledger's three, and the log of each service.
    assert!(tables >= 12, "{tables}");
    end(server).await;
}

#[tokio::test]
async fn wider_rights_from_before_are_taken_back() {
    let server = super::server().await;
    server.migrate().await.unwrap();
    let (password, name) = (token::generate(), owner("quotes"));
    let admin = server.open("quotes").unwrap();
    server.set_account(name, &password, None).await.unwrap();
    let schema = schema_of(&admin).await;
    let pattern = schema.replace('_', "\\_");
    assert!(may(&admin, &format!("GRANT ALL ON `{pattern}`.* TO '{schema}'@'%'")).await);
    assert!(may(&admin, &format!("GRANT ALL ON `{schema}`.votes TO '{schema}'@'%'")).await);
    server.set_account(name, &password, None).await.unwrap();
    let service = db::connect(&DbConfig {
        database_url: Some(server.url_of("quotes", &password).unwrap()),
        database_url_file: None,
        database_connections: 2,
    });
    let service = service.unwrap();
    assert!(may(&service, "DELETE FROM votes").await);
    assert!(!may(&service, "DROP TABLE votes").await);
    assert!(!may(&service, "CREATE TABLE more (id INT)").await);
    end(server).await;
}

#[tokio::test]
async fn a_service_that_is_newer_than_its_schema_waits_for_the_migrations() {
    let server = super::server().await;
    server.migrate().await.unwrap();
    let configs = server.provision().await.unwrap();
    let (admin, service) = (server.open("quotes").unwrap(), connect(&configs, "quotes"));
    let migrator = &owner("quotes").migrator;
    db::migrate(&service, migrator).await.unwrap();

    assert!(may(&admin, "DROP TABLE votes, audit_log").await);
    let from_votes_on = "DELETE FROM _sqlx_migrations WHERE version >= 20261122000002";
    assert!(may(&admin, from_votes_on).await);
    let waiting = tokio::spawn(async move { db::migrate(&service, migrator).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!waiting.is_finished());
    // The service, which may not migrate, keeps nobody else from it.
    let migrated = tokio::time::timeout(Duration::from_secs(30), server.migrate()).await;
    migrated.unwrap().unwrap();
    waiting.await.unwrap().unwrap();
    end(server).await;
}

#[tokio::test]
async fn a_service_that_starts_first_waits_for_its_account_and_its_rights() {
    let server = super::server().await;
    server.migrate().await.unwrap();
    let (quotes, password) = (owner("quotes"), token::generate());
    let url = Some(server.url_of("quotes", &password).unwrap());
    let config = DbConfig { database_url: url, database_url_file: None, database_connections: 2 };
    let service = db::connect(&config).unwrap();
    let ends_within = async |milliseconds| {
        let migrated = db::migrate(&service, &quotes.migrator);
        tokio::time::timeout(Duration::from_millis(milliseconds), migrated).await
    };
    assert!(ends_within(300).await.is_err(), "without an account");
    // It can sign in now, and its connection stays; it may not read its schema.
    let admin = server.open("quotes").unwrap();
    let user = schema_of(&admin).await;
    let create = format!("CREATE USER '{user}' IDENTIFIED BY '{}'", password.expose_secret());
    assert!(may(&admin, &create).await);
    assert!(may(&admin, &format!("GRANT INSERT ON {user}.quotes TO '{user}'")).await);
    assert!(ends_within(300).await.is_err(), "without the right to read");
    server.set_account(quotes, &password, None).await.unwrap();
    ends_within(10_000).await.unwrap().unwrap();
    end(server).await;
}

#[tokio::test]
async fn a_schema_that_is_newer_than_the_program_is_no_obstacle() {
    let server = super::server().await;
    server.migrate().await.unwrap();
    let admin = server.open("quotes").unwrap();
    let later =
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (99990101000000, 'later', TRUE, 'x', 1)";
    assert!(may(&admin, later).await);
    db::migrate(&admin, &owner("quotes").migrator).await.unwrap();
    end(server).await;
}

#[tokio::test]
async fn during_a_rotation_both_passwords_open_the_account() {
    let server = super::server().await;
    server.migrate().await.unwrap();
    let (old, new) = (token::generate(), token::generate());
    let opens = async |password| {
        let url = server.url_of("quotes", password).unwrap();
        MySqlConnection::connect(url.expose_secret()).await.is_ok()
    };
    server.set_account(owner("quotes"), &old, None).await.unwrap();
    server.set_account(owner("quotes"), &new, Some(&old)).await.unwrap();
    assert!(opens(&old).await && opens(&new).await);
    server.set_account(owner("quotes"), &new, None).await.unwrap();
    assert!(!opens(&old).await && opens(&new).await);
    end(server).await;
}

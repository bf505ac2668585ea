//! The same statements as the service sends for a transfer, without a service: each client has a
//! connection of its own, and waits for nothing but the database.

use anyhow::Context;
use chrono::{DateTime, Utc};
use grove_shared::Clock;
use secrecy::ExposeSecret;
use sqlx::{Connection, MySqlConnection, Row};
use tokio::sync::Mutex;

use crate::{Args, Gift, netid};

/// Whose keys they are.
const CALLER: &str = "sql";

/// Connections to the database, one for each client.
#[derive(Debug)]
pub(crate) struct Reference(Vec<Mutex<MySqlConnection>>);

impl Reference {
    pub(crate) async fn connect(args: &Args) -> anyhow::Result<Self> {
        let mut connections = Vec::new();
        for _ in 0..args.clients {
            let connection = MySqlConnection::connect(args.database_url.expose_secret()).await?;
            connections.push(Mutex::new(connection));
        }
        Ok(Self(connections))
    }

    /// Makes the transfer of that number, as that client.
    pub(crate) async fn transfer(&self, client: u64, number: u64) -> anyhow::Result<()> {
        let connection = self.0.get(usize::try_from(client)?).context("no such client")?;
        let connection = &mut *connection.lock().await;
        let Gift { from, to, amount } = Gift::number(number);
        let (now, key) = (Clock::system().now(), number.to_string());
        let (giver, taker) = (netid(from), netid(to));
        let ids = sqlx::query_as(
            "SELECT COALESCE((SELECT id FROM accounts WHERE netid = ?),
                             (SELECT id FROM accounts WHERE name = ?)),
                    COALESCE((SELECT id FROM accounts WHERE netid = ?),
                             (SELECT id FROM accounts WHERE name = ?))",
        );
        let ids = ids.bind(&giver).bind(None::<&str>).bind(&taker).bind(None::<&str>);
        let ids: (u64, u64) = ids.fetch_one(&mut *connection).await?;
        let ids = [ids.0, ids.1];
        let mut transaction = connection.begin().await?;
        claim(&mut transaction, &key, now).await?;
        let locked = sqlx::query(
            "SELECT id, may_owe, balance, held
             FROM accounts FORCE INDEX (PRIMARY) WHERE id IN (?, ?) ORDER BY id FOR UPDATE",
        );
        let locked = locked.bind(ids[0]).bind(ids[1]).fetch_all(&mut *transaction).await?;
        let giving = locked.iter().find(|row| row.try_get::<u64, _>(0).ok() == Some(ids[0]));
        let balance: i64 = giving.context("no account")?.try_get(2)?;
        anyhow::ensure!(balance >= amount, "{giver} has too little");
        let transfer = sqlx::query(
            "INSERT INTO transactions (description, actor, reverses, created_at)
             VALUES (?, ?, NULL, ?)",
        );
        let transfer = transfer.bind(&key).bind(&giver).bind(now).execute(&mut *transaction);
        let id = transfer.await?.last_insert_id();
        let entries = sqlx::query(
            "INSERT INTO entries (transaction_id, account_id, amount) VALUES (?, ?, ?), (?, ?, ?)",
        );
        let entries =
            entries.bind(id).bind(ids[0]).bind(-amount).bind(id).bind(ids[1]).bind(amount);
        entries.execute(&mut *transaction).await?;
        let balances = sqlx::query(
            "UPDATE accounts FORCE INDEX (PRIMARY)
             SET balance = balance + CASE id WHEN ? THEN ? ELSE ? END WHERE id IN (?, ?)",
        );
        let balances = balances.bind(ids[0]).bind(-amount).bind(amount).bind(ids[0]).bind(ids[1]);
        balances.execute(&mut *transaction).await?;
        let finish = sqlx::query(
            "UPDATE idempotency_keys SET status = ?, reply = ?
             WHERE caller = ? AND idempotency_key = ?",
        );
        let reply = format!(r#"{{"id":{id},"user":"{giver}","amount":-{amount}}}"#);
        let finish = finish.bind(200).bind(&reply).bind(CALLER).bind(&key);
        finish.execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }
}

/// Claims the key of a request, as `grove_outbox::idempotency` does.
async fn claim(
    transaction: &mut MySqlConnection,
    key: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let begin = sqlx::query(
        "INSERT INTO idempotency_keys (caller, idempotency_key, request_hash, created_at)
         VALUES (?, ?, ?, ?) ON DUPLICATE KEY UPDATE caller = caller",
    );
    begin
        .bind(CALLER)
        .bind(key)
        .bind([0; 32].as_slice())
        .bind(now)
        .execute(&mut *transaction)
        .await?;
    let claimed = sqlx::query(
        "SELECT request_hash, status, reply FROM idempotency_keys
         WHERE caller = ? AND idempotency_key = ? FOR UPDATE",
    );
    claimed.bind(CALLER).bind(key).fetch_one(transaction).await?;
    Ok(())
}

//! What proves that the ledger is right: sums, and the chain of seals.

use sqlx::{MySqlConnection, MySqlExecutor, QueryBuilder};

use crate::error::CreditsError;

/// An account, and what is held of it according to its holds.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) id: u64,
    pub(crate) owner: String,
    pub(crate) may_owe: bool,
    pub(crate) balance: i64,
    pub(crate) held: i64,
    pub(crate) holds: i64,
}

/// How much there is.
#[derive(Debug)]
pub(crate) struct Counts {
    pub(crate) accounts: i64,
    pub(crate) transactions: i64,
    pub(crate) entries: i64,
}

/// What proves that a transaction is as it was.
#[derive(Debug)]
pub(crate) struct Seal {
    /// Seals are numbered without a gap.
    pub(crate) number: u64,
    pub(crate) transaction_id: u64,
    pub(crate) hash: Vec<u8>,
}

/// An entry of a sealed transaction, as it is now; the transaction's own columns repeat.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) number: u64,
    pub(crate) seal: Vec<u8>,
    pub(crate) id: u64,
    pub(crate) description: String,
    pub(crate) actor: String,
    pub(crate) reverses: Option<u64>,
    pub(crate) created_at: chrono::DateTime<chrono::Utc>,
    pub(crate) account_id: Option<u64>,
    pub(crate) amount: Option<i64>,
}

pub(crate) async fn counts(db: impl MySqlExecutor<'_>) -> Result<Counts, CreditsError> {
    let counts = sqlx::query_as!(
        Counts,
        r#"SELECT (SELECT COUNT(*) FROM accounts) AS "accounts!: i64",
                  (SELECT COUNT(*) FROM transactions) AS "transactions!: i64",
                  (SELECT COUNT(*) FROM entries) AS "entries!: i64""#
    );
    Ok(counts.fetch_one(db).await?)
}

/// Every account, with the sum of its open holds.
pub(crate) async fn accounts(db: impl MySqlExecutor<'_>) -> Result<Vec<Account>, CreditsError> {
    let accounts = sqlx::query_as!(
        Account,
        r#"SELECT accounts.id, COALESCE(netid, name, CONCAT('no. ', accounts.id)) AS "owner!: String",
                  may_owe AS "may_owe: bool", balance, held,
                  CAST(COALESCE(holds, 0) AS SIGNED) AS "holds!: i64"
           FROM accounts
           LEFT JOIN (SELECT account_id, SUM(amount) AS holds FROM holds WHERE state = 'held'
                      GROUP BY account_id) AS holding ON holding.account_id = accounts.id
           ORDER BY accounts.id"#
    );
    Ok(accounts.fetch_all(db).await?)
}

/// The sealed transactions after `number`, in the order of their seals.
pub(crate) async fn sealed(
    db: impl MySqlExecutor<'_>,
    after: u64,
    count: u64,
) -> Result<Vec<Sealed>, CreditsError> {
    let sealed = sqlx::query_as!(
        Sealed,
        r#"SELECT number, hash AS seal, seals.transaction_id AS id,
                  COALESCE(description, '') AS "description!: String",
                  COALESCE(actor, '') AS "actor!: String", reverses,
                  COALESCE(created_at, CAST('1970-01-01' AS DATETIME(6)))
                      AS "created_at!: chrono::DateTime<chrono::Utc>",
                  account_id AS "account_id?: u64", amount AS "amount?: i64"
           FROM seals LEFT JOIN transactions ON transactions.id = seals.transaction_id
           LEFT JOIN entries ON entries.transaction_id = transactions.id
           WHERE number > ? AND number <= ? ORDER BY number, account_id"#,
        after,
        after + count
    );
    Ok(sealed.fetch_all(db).await?)
}

/// Before which id every transaction is sealed: what commits late has a smaller id than what was sealed
/// before, and a transaction takes no longer than a thousand others.
pub(crate) async fn sealed_before(db: impl MySqlExecutor<'_>) -> Result<u64, CreditsError> {
    let before = sqlx::query_scalar!(
        r#"SELECT CAST(COALESCE(GREATEST(MAX(transaction_id), 1000) - 1000, 0) AS UNSIGNED)
                  AS "before!: u64" FROM seals"#
    );
    Ok(before.fetch_one(db).await?)
}

/// Transactions after `after` without a seal, the oldest first.
pub(crate) async fn unsealed(
    db: impl MySqlExecutor<'_>,
    after: u64,
    limit: u32,
) -> Result<Vec<Sealed>, CreditsError> {
    let unsealed = sqlx::query_as!(
        Sealed,
        r#"SELECT CAST(0 AS UNSIGNED) AS "number!: u64", '' AS "seal!: Vec<u8>",
                  page.id AS "id!: u64", description AS "description!: String",
                  actor AS "actor!: String", reverses AS "reverses?: u64",
                  created_at AS "created_at!: chrono::DateTime<chrono::Utc>",
                  account_id AS "account_id?: u64", amount AS "amount?: i64"
           FROM (SELECT transactions.* FROM transactions
                 LEFT JOIN seals ON seals.transaction_id = transactions.id
                 WHERE seals.number IS NULL AND transactions.id > ?
                 ORDER BY transactions.id LIMIT ?) AS page
           LEFT JOIN entries ON entries.transaction_id = page.id
           ORDER BY page.id, account_id"#,
        after,
        limit
    );
    Ok(unsealed.fetch_all(db).await?)
}

/// The end of the chain, locked until the transaction ends.
pub(crate) async fn lock_head(
    transaction: &mut MySqlConnection,
) -> Result<(u64, Vec<u8>), CreditsError> {
    let head = sqlx::query!("SELECT number, hash FROM seal_head WHERE id = 1 FOR UPDATE");
    let head = head.fetch_one(transaction).await?;
    Ok((head.number, head.hash))
}

/// The end of the chain.
pub(crate) async fn head(db: impl MySqlExecutor<'_>) -> Result<(u64, Vec<u8>), CreditsError> {
    let head =
        sqlx::query!("SELECT number, hash FROM seal_head WHERE id = 1").fetch_one(db).await?;
    Ok((head.number, head.hash))
}

/// Adds seals, of which there is at least one.
pub(crate) async fn insert_seals(
    transaction: &mut MySqlConnection,
    seals: &[Seal],
) -> Result<(), CreditsError> {
    let mut insert = QueryBuilder::new("INSERT INTO seals (number, transaction_id, hash) ");
    insert.push_values(seals, |mut row, seal| {
        row.push_bind(seal.number).push_bind(seal.transaction_id).push_bind(&seal.hash);
    });
    Ok(insert.build().execute(transaction).await.map(drop)?)
}

pub(crate) async fn set_head(
    transaction: &mut MySqlConnection,
    number: u64,
    hash: &[u8],
) -> Result<(), CreditsError> {
    let set = sqlx::query!("UPDATE seal_head SET number = ?, hash = ? WHERE id = 1", number, hash);
    Ok(set.execute(transaction).await.map(drop)?)
}

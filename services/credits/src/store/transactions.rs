//! Transactions and their entries, which are only ever added.

use chrono::{DateTime, Utc};
use grove_shared::{NetId, api::credits::Transaction};
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::error::CreditsError;

/// Which transactions are asked for.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    /// On whose account; every member's if absent.
    pub(crate) netid: Option<NetId>,
    /// Those before this id.
    pub(crate) before: u64,
    /// Not before this time.
    pub(crate) from: DateTime<Utc>,
    /// Before this time.
    pub(crate) to: DateTime<Utc>,
    /// How many transactions at most.
    pub(crate) limit: u32,
}

/// A change of one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) account_id: u64,
    pub(crate) amount: i64,
}

/// What happened, before its entries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewTransaction<'a> {
    pub(crate) description: &'a str,
    /// A NetID, or `service:` and a name.
    pub(crate) actor: &'a str,
    pub(crate) reverses: Option<u64>,
}

/// Records what happened; returns its id.
pub(crate) async fn insert(
    transaction: &mut MySqlConnection,
    new: NewTransaction<'_>,
    now: DateTime<Utc>,
) -> Result<u64, CreditsError> {
    let inserted = sqlx::query!(
        "INSERT INTO transactions (description, actor, reverses, created_at) VALUES (?, ?, ?, ?)",
        new.description,
        new.actor,
        new.reverses,
        now
    );
    Ok(inserted.execute(transaction).await?.last_insert_id())
}

/// Records the changes of two accounts.
pub(crate) async fn insert_entries(
    transaction: &mut MySqlConnection,
    of: u64,
    [one, other]: &[Entry; 2],
) -> Result<(), CreditsError> {
    let inserted = sqlx::query!(
        "INSERT INTO entries (transaction_id, account_id, amount) VALUES (?, ?, ?), (?, ?, ?)",
        of,
        one.account_id,
        one.amount,
        of,
        other.account_id,
        other.amount
    );
    Ok(inserted.execute(transaction).await.map(drop)?)
}

/// Which transaction this one reverses, if it is known at all.
pub(crate) async fn reverses(
    db: impl MySqlExecutor<'_>,
    id: u64,
) -> Result<Option<u64>, CreditsError> {
    let known = sqlx::query_scalar!("SELECT reverses FROM transactions WHERE id = ?", id);
    known.fetch_optional(db).await?.ok_or(CreditsError::UnknownTransaction)
}

/// The changes of a transaction, of which there are always two.
pub(crate) async fn entries(
    db: impl MySqlExecutor<'_>,
    id: u64,
) -> Result<[Entry; 2], CreditsError> {
    let entries = sqlx::query_as!(
        Entry,
        "SELECT account_id, amount FROM entries WHERE transaction_id = ? ORDER BY account_id",
        id
    );
    let entries = entries.fetch_all(db).await?;
    entries.try_into().map_err(|entries: Vec<Entry>| {
        let cause = anyhow::anyhow!("transaction {id} has {} entries", entries.len());
        grove_shared::ApiError::internal(cause).into()
    })
}

/// Reads lines of members' histories; `$rest` says which, in what order.
macro_rules! select_history {
    ($rest:literal $(, $arg:expr)*) => {
        sqlx::query_as!(
            Transaction,
            r#"SELECT transactions.id, netid AS user, amount, description,
                      transactions.created_at, actor, reverses,
                      (SELECT later.id FROM transactions AS later
                       WHERE later.reverses = transactions.id) AS "reversed_by: u64"
               FROM entries
               JOIN transactions ON transactions.id = transaction_id
               JOIN accounts ON accounts.id = account_id "# + $rest
            $(, $arg)*
        )
    };
}

/// One line for each member's account that was changed, the newest first.
pub(crate) async fn history(
    db: impl MySqlExecutor<'_>,
    filter: &Filter,
) -> Result<Vec<Transaction>, CreditsError> {
    let Filter { netid, before, from, to, limit } = filter;
    let history = match netid {
        Some(netid) => {
            select_history!(
                "WHERE netid = ? AND transaction_id < ?
                 AND transactions.created_at >= ? AND transactions.created_at < ?
                 ORDER BY transaction_id DESC LIMIT ?",
                netid,
                before,
                from,
                to,
                limit
            )
            .fetch_all(db)
            .await?
        }
        None => {
            // A transfer is two lines, which stay on one page.
            select_history!(
                "JOIN (SELECT id FROM transactions WHERE id < ? AND created_at >= ?
                       AND created_at < ? ORDER BY id DESC LIMIT ?) AS page
                    ON page.id = transactions.id
                 WHERE netid IS NOT NULL ORDER BY transactions.id DESC, amount",
                before,
                from,
                to,
                limit
            )
            .fetch_all(db)
            .await?
        }
    };
    Ok(history)
}

//! Transactions and their entries, which are only ever added.

use chrono::{DateTime, TimeDelta, Utc};
use grove_credits_api::{Party, SystemAccount, Transaction};
use grove_personal_data::FORMER_MEMBER;
use grove_shared::NetId;
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

impl Filter {
    /// All that there is on the account of a person.
    pub(crate) fn all_of(netid: &NetId) -> Self {
        let (netid, before, limit) = (Some(netid.clone()), u64::MAX, u32::MAX);
        let [from, to] = [DateTime::UNIX_EPOCH, DateTime::<Utc>::MAX_UTC].map(told);
        Self { netid, before, from, to, limit }
    }
}

/// The times that a history may be asked for: so many days from 1970. A time is sent as a TIMESTAMP, which ends
/// in January 2038 (Y2038); one after that compares as nothing.
const DAYS: TimeDelta = TimeDelta::days(24_850);

pub(crate) fn told(moment: DateTime<Utc>) -> DateTime<Utc> {
    let first = DateTime::UNIX_EPOCH;
    moment.clamp(first, first + DAYS)
}

/// Who causes a gift, as the ledger has it: nothing takes a NetID out of it again.
const GIVER: &str = "the giver";
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
    /// The NetID of an officer, or `service:` and a name; nothing for who gives.
    pub(crate) actor: Option<&'a str>,
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
        new.actor.unwrap_or(GIVER),
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

/// What happened once.
#[derive(Debug)]
pub(crate) struct Booked {
    pub(crate) actor: String,
    pub(crate) reverses: Option<u64>,
}

/// What happened, if it is known at all.
pub(crate) async fn find(db: impl MySqlExecutor<'_>, id: u64) -> Result<Booked, CreditsError> {
    let booked =
        sqlx::query_as!(Booked, "SELECT actor, reverses FROM transactions WHERE id = ?", id);
    booked.fetch_optional(db).await?.ok_or(CreditsError::UnknownTransaction)
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
        grove_http::ApiError::internal(cause).into()
    })
}

/// A line of a member's history.
#[derive(Debug)]
struct Line {
    id: u64,
    netid: Option<String>,
    amount: i64,
    description: String,
    other_netid: Option<NetId>,
    other_name: Option<String>,
    created_at: DateTime<Utc>,
    actor: String,
    reverses: Option<u64>,
    reversed_by: Option<u64>,
}

impl From<Line> for Transaction {
    fn from(line: Line) -> Self {
        let system = SystemAccount::ALL;
        let name = line.other_name.as_deref();
        let system = system.into_iter().find(|account| name == Some(account.as_str()));
        let giver = match (line.amount < 0, &line.other_netid) {
            (true, _) => line.netid.clone(),
            (false, other) => other.as_ref().map(NetId::to_string),
        };
        let actor = if line.actor == GIVER { giver } else { Some(line.actor) };
        Self {
            id: line.id,
            user: line.netid,
            amount: line.amount,
            description: line.description,
            counterparty: line.other_netid.map(Party::Member).or(system.map(Party::System)),
            created_at: line.created_at,
            actor: actor.unwrap_or_else(|| FORMER_MEMBER.to_owned()),
            reverses: line.reverses,
            reversed_by: line.reversed_by,
        }
    }
}

/// Reads lines of members' histories; `$rest` says which, in what order.
macro_rules! select_history {
    ($rest:literal $(, $arg:expr)*) => {
        sqlx::query_as!(
            Line,
            r#"SELECT transactions.id, accounts.netid, entries.amount, description,
                      counter.netid AS "other_netid?: NetId", counter.name AS "other_name?",
                      transactions.created_at, actor, reverses,
                      (SELECT later.id FROM transactions AS later
                       WHERE later.reverses = transactions.id) AS "reversed_by: u64"
               FROM entries
               JOIN transactions ON transactions.id = entries.transaction_id
               JOIN accounts ON accounts.id = entries.account_id
               LEFT JOIN entries AS opposite ON opposite.transaction_id = entries.transaction_id
                    AND opposite.account_id <> entries.account_id
               LEFT JOIN accounts AS counter ON counter.id = opposite.account_id "# + $rest
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
    let lines = match netid {
        Some(netid) => {
            select_history!(
                "WHERE accounts.netid = ? AND entries.transaction_id < ?
                 AND transactions.created_at >= ? AND transactions.created_at < ?
                 ORDER BY entries.transaction_id DESC LIMIT ?",
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
                 WHERE accounts.netid IS NOT NULL
                 ORDER BY transactions.id DESC, entries.amount",
                before,
                from,
                to,
                limit
            )
            .fetch_all(db)
            .await?
        }
    };
    Ok(lines.into_iter().map(Into::into).collect())
}

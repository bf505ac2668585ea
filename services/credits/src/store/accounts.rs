//! Accounts, and what is on them.

use chrono::{DateTime, Utc};
use grove_credits_api::{Balance, Party, SystemAccount};
use grove_shared::{NetId, page::PageRequest};
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::{error::CreditsError, store::transactions::Entry};

/// An account whose row is locked until the transaction ends.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) id: u64,
    /// Nobody for an account of the chapter, and for one of somebody who was forgotten.
    pub(crate) netid: Option<NetId>,
    pub(crate) is_forgotten: bool,
    pub(crate) may_owe: bool,
    pub(crate) balance: i64,
    pub(crate) held: i64,
}

impl Account {
    /// What may be spent.
    pub(crate) fn available(&self) -> i64 {
        self.balance - self.held
    }
}

/// A party, and the id of its account, which never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) account_id: u64,
    pub(crate) party: Party,
}

/// The account of a member, if they have one.
pub(crate) async fn id_of_member(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Option<u64>, CreditsError> {
    let id = sqlx::query_scalar!("SELECT id FROM accounts WHERE netid = ?", netid);
    Ok(id.fetch_optional(db).await?)
}

/// The account of the chapter.
pub(crate) async fn id_of_system(
    db: impl MySqlExecutor<'_>,
    account: SystemAccount,
) -> Result<u64, CreditsError> {
    let id = sqlx::query_scalar!("SELECT id FROM accounts WHERE name = ?", account.as_str());
    Ok(id.fetch_one(db).await?)
}

/// Who has the account of a party, if there is one.
pub(crate) async fn holder(
    db: impl MySqlExecutor<'_>,
    party: Party,
) -> Result<Option<Holder>, CreditsError> {
    let id = match &party {
        Party::Member(netid) => id_of_member(db, netid).await?,
        Party::System(account) => Some(id_of_system(db, *account).await?),
    };
    Ok(id.map(|account_id| Holder { account_id, party }))
}

/// Who has the accounts of two parties, as far as there are any.
pub(crate) async fn holders(
    db: impl MySqlExecutor<'_>,
    parties: [Party; 2],
) -> Result<[Result<Holder, Party>; 2], CreditsError> {
    let netids = parties.each_ref().map(|party| match party {
        Party::Member(netid) => Some(netid),
        Party::System(_) => None,
    });
    let names = parties.each_ref().map(|party| match party {
        Party::System(account) => Some(account.as_str()),
        Party::Member(_) => None,
    });
    let ids = sqlx::query!(
        r#"SELECT COALESCE((SELECT id FROM accounts WHERE netid = ?),
                           (SELECT id FROM accounts WHERE name = ?)) AS "one?: u64",
                  COALESCE((SELECT id FROM accounts WHERE netid = ?),
                           (SELECT id FROM accounts WHERE name = ?)) AS "other?: u64""#,
        netids[0],
        names[0],
        netids[1],
        names[1]
    );
    let ids = ids.fetch_one(db).await?;
    let [one, other] = parties;
    let holder = |id: Option<u64>, party: Party| match id {
        Some(account_id) => Ok(Holder { account_id, party }),
        None => Err(party),
    };
    Ok([holder(ids.one, one), holder(ids.other, other)])
}

/// Locks two accounts, always in the order of their ids, so that no two transactions wait for each other.
pub(crate) async fn lock(
    transaction: &mut MySqlConnection,
    [one, other]: [u64; 2],
) -> Result<Vec<Account>, CreditsError> {
    // A table as small as this may be read as a whole, and everything that is read is locked.
    let accounts = sqlx::query_as!(
        Account,
        r#"SELECT id, netid AS "netid: NetId", forgotten_at IS NOT NULL AS "is_forgotten!: bool",
                  may_owe AS "may_owe: bool", balance, held
           FROM accounts FORCE INDEX (PRIMARY) WHERE id IN (?, ?) ORDER BY id FOR UPDATE"#,
        one,
        other
    );
    Ok(accounts.fetch_all(transaction).await?)
}

/// Locks one account.
pub(crate) async fn lock_one(
    transaction: &mut MySqlConnection,
    id: u64,
) -> Result<Account, CreditsError> {
    let account = sqlx::query_as!(
        Account,
        r#"SELECT id, netid AS "netid: NetId", forgotten_at IS NOT NULL AS "is_forgotten!: bool",
                  may_owe AS "may_owe: bool", balance, held
           FROM accounts WHERE id = ? FOR UPDATE"#,
        id
    );
    Ok(account.fetch_one(transaction).await?)
}

/// Locks a member's account, if they have one; returns its id.
pub(crate) async fn lock_of(
    transaction: &mut MySqlConnection,
    netid: &NetId,
) -> Result<Option<u64>, CreditsError> {
    let id = sqlx::query_scalar!("SELECT id FROM accounts WHERE netid = ? FOR UPDATE", netid);
    Ok(id.fetch_optional(transaction).await?)
}

/// Adds to the balances of two accounts that are locked.
pub(crate) async fn add(
    transaction: &mut MySqlConnection,
    [one, other]: &[Entry; 2],
) -> Result<(), CreditsError> {
    let added = sqlx::query!(
        "UPDATE accounts FORCE INDEX (PRIMARY)
         SET balance = balance + CASE id WHEN ? THEN ? ELSE ? END WHERE id IN (?, ?)",
        one.account_id,
        one.amount,
        other.amount,
        one.account_id,
        other.account_id
    );
    Ok(added.execute(transaction).await.map(drop)?)
}

/// Adds to what is held.
pub(crate) async fn hold(
    transaction: &mut MySqlConnection,
    id: u64,
    amount: i64,
) -> Result<(), CreditsError> {
    let held = sqlx::query!("UPDATE accounts SET held = held + ? WHERE id = ?", amount, id);
    Ok(held.execute(transaction).await.map(drop)?)
}

/// Makes a member's account if there is none; returns its id if it was made.
pub(crate) async fn insert(
    transaction: &mut MySqlConnection,
    netid: &NetId,
    now: DateTime<Utc>,
) -> Result<Option<u64>, CreditsError> {
    // IGNORE, since two that open it at once both mean well.
    let inserted =
        sqlx::query!("INSERT IGNORE INTO accounts (netid, created_at) VALUES (?, ?)", netid, now);
    let inserted = inserted.execute(transaction).await?;
    Ok((inserted.rows_affected() == 1).then(|| inserted.last_insert_id()))
}

/// Has nobody known as whose an account is that is locked.
pub(crate) async fn forget(
    transaction: &mut MySqlConnection,
    id: u64,
    now: DateTime<Utc>,
) -> Result<(), CreditsError> {
    let forgotten =
        sqlx::query!("UPDATE accounts SET netid = NULL, forgotten_at = ? WHERE id = ?", now, id);
    Ok(forgotten.execute(transaction).await.map(drop)?)
}

/// Whether somebody was forgotten since `then`.
pub(crate) async fn has_forgotten_since(
    db: impl MySqlExecutor<'_>,
    then: DateTime<Utc>,
) -> Result<bool, CreditsError> {
    let forgotten = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM accounts WHERE forgotten_at >= ?) AS "is: bool""#,
        then
    );
    Ok(forgotten.fetch_one(db).await?)
}

/// Everyone's balance, by NetID.
pub(crate) async fn balances(db: impl MySqlExecutor<'_>) -> Result<Vec<Balance>, CreditsError> {
    let balances = sqlx::query_as!(
        Balance,
        r#"SELECT netid AS "netid!: NetId", balance, held, balance - held AS "available!: i64"
           FROM accounts WHERE netid IS NOT NULL ORDER BY netid"#
    );
    Ok(balances.fetch_all(db).await?)
}

/// A member's balance, if they have an account.
pub(crate) async fn balance(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Option<Balance>, CreditsError> {
    let balance = sqlx::query_as!(
        Balance,
        r#"SELECT netid AS "netid!: NetId", balance, held, balance - held AS "available!: i64"
           FROM accounts WHERE netid = ?"#,
        netid
    );
    Ok(balance.fetch_optional(db).await?)
}

/// A balance, and the id of its account.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) id: u64,
    pub(crate) netid: NetId,
    balance: i64,
    held: i64,
}

impl From<Listed> for Balance {
    fn from(Listed { netid, balance, held, .. }: Listed) -> Self {
        Self { netid, balance, held, available: balance - held }
    }
}

/// As many balances as a page needs, in the order of the accounts.
pub(crate) async fn page(
    db: impl MySqlExecutor<'_>,
    request: PageRequest,
) -> Result<Vec<Listed>, CreditsError> {
    let page = sqlx::query_as!(
        Listed,
        r#"SELECT id, netid AS "netid!: NetId", balance, held
           FROM accounts WHERE netid IS NOT NULL AND id > ? ORDER BY id LIMIT ?"#,
        request.after.unwrap_or_default(),
        request.rows()
    );
    Ok(page.fetch_all(db).await?)
}

//! Accounts, and what is on them.

use chrono::{DateTime, Utc};
use grove_shared::{
    NetId,
    api::credits::{Balance, SystemAccount},
};
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::error::CreditsError;

/// An account whose row is locked until the transaction ends.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) id: u64,
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

/// The name of an account of the chapter in the database, as on the wire.
pub(crate) fn name_of(account: SystemAccount) -> &'static str {
    match account {
        SystemAccount::Mint => "mint",
        SystemAccount::CardTopUps => "card_top_ups",
        SystemAccount::GigEscrow => "gig_escrow",
        SystemAccount::MerchSales => "merch_sales",
    }
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
    let id = sqlx::query_scalar!("SELECT id FROM accounts WHERE name = ?", name_of(account));
    Ok(id.fetch_one(db).await?)
}

/// Locks accounts, always in the order of their ids, so that no two transactions wait for each other.
pub(crate) async fn lock(
    transaction: &mut MySqlConnection,
    mut ids: Vec<u64>,
) -> Result<Vec<Account>, CreditsError> {
    ids.sort_unstable();
    ids.dedup();
    let mut accounts = Vec::with_capacity(ids.len());
    for id in ids {
        let account = sqlx::query_as!(
            Account,
            r#"SELECT id, may_owe AS "may_owe: bool", balance, held
               FROM accounts WHERE id = ? FOR UPDATE"#,
            id
        );
        accounts.push(account.fetch_one(&mut *transaction).await?);
    }
    Ok(accounts)
}

/// Locks one account.
pub(crate) async fn lock_one(
    transaction: &mut MySqlConnection,
    id: u64,
) -> Result<Account, CreditsError> {
    let account = sqlx::query_as!(
        Account,
        r#"SELECT id, may_owe AS "may_owe: bool", balance, held
           FROM accounts WHERE id = ? FOR UPDATE"#,
        id
    );
    Ok(account.fetch_one(transaction).await?)
}

/// Adds to a balance.
pub(crate) async fn add(
    transaction: &mut MySqlConnection,
    id: u64,
    amount: i64,
) -> Result<(), CreditsError> {
    let added = sqlx::query!("UPDATE accounts SET balance = balance + ? WHERE id = ?", amount, id);
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

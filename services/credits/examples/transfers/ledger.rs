//! Whether the ledger is right afterwards.

use std::collections::HashSet;

use anyhow::ensure;
use secrecy::ExposeSecret;
use serde_json::json;
use sqlx::{Connection, MySqlConnection};

use crate::{Args, service::Service};

/// Checks that there are exactly `transfers` of them, and that no credit was lost or made by them.
pub(crate) async fn check(args: &Args, service: &Service, transfers: u64) -> anyhow::Result<()> {
    let mut db = MySqlConnection::connect(args.database_url.expose_secret()).await?;
    let count = async |db: &mut MySqlConnection, query: &'static str| {
        sqlx::query_scalar::<_, i64>(query).fetch_one(db).await
    };
    let moved = "SELECT COUNT(*) FROM transactions WHERE actor = 'the giver'";
    let moved = count(&mut db, moved).await?;
    let sum = "SELECT CAST(SUM(balance) AS SIGNED) FROM accounts";
    let sum = count(&mut db, sum).await?;
    let entries = "SELECT CAST(SUM(amount) AS SIGNED) FROM entries";
    let entries = count(&mut db, entries).await?;
    let lowest = "SELECT MIN(balance) FROM accounts WHERE netid IS NOT NULL";
    let lowest = count(&mut db, lowest).await?;
    let problems = service.problems().await?;
    println!("transfers {moved}, sum of balances {sum}, sum of entries {entries}, lowest {lowest}");
    println!("the audit's problems: {problems}");
    ensure!(u64::try_from(moved)? == transfers, "{transfers} transfers were made");
    ensure!(sum == 0 && entries == 0 && lowest >= 0, "credits were made or lost");
    ensure!(problems == json!([]), "the audit is not content");
    Ok(())
}

/// Checks that each acknowledged transfer is there, once.
pub(crate) async fn check_acknowledged(args: &Args, acknowledged: &[u64]) -> anyhow::Result<()> {
    let mut db = MySqlConnection::connect(args.database_url.expose_secret()).await?;
    let there = sqlx::query_scalar("SELECT id FROM transactions WHERE actor = 'the giver'");
    let there: HashSet<u64> = there.fetch_all(&mut db).await?.into_iter().collect();
    let lost = acknowledged.iter().filter(|id| !there.contains(id)).count();
    let distinct: HashSet<_> = acknowledged.iter().collect();
    let twice = there.len().abs_diff(acknowledged.len());
    println!("acknowledged {}, lost {lost}, made twice {twice}", acknowledged.len());
    ensure!(
        lost == 0 && twice == 0 && distinct.len() == acknowledged.len(),
        "acknowledged is kept"
    );
    Ok(())
}

//! Queries on reports.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use grove_directory_api::{Missing, Report, Surplus};
use grove_shared::{
    NetId,
    db::{self, Refusal},
};
use serde::Serialize;
use sqlx::{MySqlConnection, MySqlExecutor, MySqlPool};

use crate::{
    campus::{begins_with, key},
    drift::Drift,
};

/// Reports that are kept.
const KEPT: u32 = 30;
/// After this long a replica that began a day's report is taken for dead.
const DAILY_LEASE: TimeDelta = TimeDelta::minutes(15);

/// What a line of a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(rename_all = "lowercase")]
enum Kind {
    Missing,
    Surplus,
    Unknown,
}

/// Keeps a report in the place of the oldest.
pub(crate) async fn insert(
    db: &MySqlPool,
    (members, listed): (u32, u32),
    drift: Drift,
    now: DateTime<Utc>,
) -> Result<Report, sqlx::Error> {
    let mut transaction = db::begin(db).await?;
    let inserted = sqlx::query!(
        "INSERT INTO reports (made_at, members, listed) VALUES (?, ?, ?)",
        now,
        members,
        listed
    );
    let id = inserted.execute(&mut *transaction).await?.last_insert_id();
    for Missing { netid, dn } in &drift.missing {
        insert_line(&mut transaction, id, Kind::Missing, (Some(netid), dn.as_deref(), false))
            .await?;
    }
    for Surplus { netid, dn, added_by_grove } in &drift.surplus {
        let line = (Some(netid), Some(dn.as_str()), *added_by_grove);
        insert_line(&mut transaction, id, Kind::Surplus, line).await?;
    }
    for dn in &drift.unknown {
        insert_line(&mut transaction, id, Kind::Unknown, (None, Some(dn.as_str()), false)).await?;
    }
    sqlx::query!(
        "DELETE FROM reports WHERE id NOT IN
             (SELECT id FROM (SELECT id FROM reports ORDER BY id DESC LIMIT ?) AS newest)",
        KEPT
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    let Drift { missing, surplus, unknown } = drift;
    Ok(Report { id, made_at: now, members, listed, missing, surplus, unknown })
}

async fn insert_line(
    transaction: &mut MySqlConnection,
    report: u64,
    kind: Kind,
    (netid, dn, added_by_grove): (Option<&NetId>, Option<&str>, bool),
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO report_lines (report_id, kind, netid, dn, added_by_grove)
         VALUES (?, ?, ?, ?, ?)",
        report,
        kind,
        netid,
        dn,
        added_by_grove
    )
    .execute(transaction)
    .await
    .map(drop)
}

/// The newest report, if there is one.
pub(crate) async fn newest(db: &MySqlPool) -> Result<Option<Report>, sqlx::Error> {
    let report =
        sqlx::query!("SELECT id, made_at, members, listed FROM reports ORDER BY id DESC LIMIT 1");
    let Some(report) = report.fetch_optional(db).await? else { return Ok(None) };
    let lines = sqlx::query!(
        r#"SELECT kind AS "kind: Kind", netid AS "netid: NetId", dn,
                  added_by_grove AS "added_by_grove: bool"
           FROM report_lines WHERE report_id = ? ORDER BY id"#,
        report.id
    );
    let (mut missing, mut surplus, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for line in lines.fetch_all(db).await? {
        match (line.kind, line.netid, line.dn) {
            (Kind::Missing, Some(netid), dn) => missing.push(Missing { netid, dn }),
            (Kind::Surplus, Some(netid), Some(dn)) => {
                let added_by_grove = line.added_by_grove;
                surplus.push(Surplus { netid, dn, added_by_grove });
            }
            (Kind::Unknown, _, Some(dn)) => unknown.push(dn),
            (kind, ..) => return Err(incomplete(kind)),
        }
    }
    let (id, members, listed) = (report.id, report.members, report.listed);
    let made_at = report.made_at;
    Ok(Some(Report { id, made_at, members, listed, missing, surplus, unknown }))
}

fn incomplete(kind: Kind) -> sqlx::Error {
    sqlx::Error::Decode(format!("a line of a report about {kind:?} is not complete").into())
}

/// A line of a report, for the person whom it is about.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Line {
    #[serde(skip)]
    pub(crate) id: u64,
    #[serde(skip)]
    netid: Option<NetId>,
    report_id: u64,
    made_at: DateTime<Utc>,
    kind: Kind,
    dn: Option<String>,
    added_by_grove: bool,
}

/// The lines about someone: by their NetID, or by one of their `names` in the directory.
pub(crate) async fn mentioning(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
    names: &[String],
) -> Result<Vec<Line>, sqlx::Error> {
    let lines = sqlx::query_as!(
        Line,
        r#"SELECT report_lines.id, netid AS "netid: NetId", report_id, made_at, kind AS "kind: Kind", dn,
                  added_by_grove AS "added_by_grove: bool"
           FROM report_lines JOIN reports ON reports.id = report_id
           WHERE netid = ? OR netid IS NULL ORDER BY report_lines.id"#,
        netid
    );
    let mut lines = lines.fetch_all(db).await?;
    let known =
        lines.iter().filter(|line| line.netid.is_some()).filter_map(|line| line.dn.as_ref());
    let known: HashSet<_> = known.chain(names).map(|dn| key(dn)).collect();
    lines.retain(|line| {
        let is_theirs = |dn: &String| known.contains(&key(dn)) || begins_with(dn, netid);
        line.netid.is_some() || line.dn.as_ref().is_some_and(is_theirs)
    });
    Ok(lines)
}

/// Removes a line.
pub(crate) async fn delete_line(db: impl MySqlExecutor<'_>, id: u64) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM report_lines WHERE id = ?", id).execute(db).await.map(drop)
}

/// Takes on the report of the day; false when another does it or did it.
pub(crate) async fn begin_daily(
    db: &MySqlPool,
    day: NaiveDate,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let begun = sqlx::query!("INSERT INTO daily_reports (day, begun_at) VALUES (?, ?)", day, now);
    match begun.execute(db).await {
        Ok(_) => return Ok(true),
        Err(cause) if Refusal::of(&cause) == Some(Refusal::Duplicate) => {}
        Err(cause) => return Err(cause),
    }
    let taken_over = sqlx::query!(
        "UPDATE daily_reports SET begun_at = ?
         WHERE day = ? AND done_at IS NULL AND begun_at <= ?",
        now,
        day,
        now - DAILY_LEASE
    );
    Ok(taken_over.execute(db).await?.rows_affected() > 0)
}

/// Notes that the report of the day is made, which was begun at `begun_at` and not taken over, and forgets
/// the days before.
pub(crate) async fn finish_daily(
    db: &MySqlPool,
    day: NaiveDate,
    begun_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE daily_reports SET done_at = ? WHERE day = ? AND begun_at = ?",
        now,
        day,
        begun_at
    )
    .execute(db)
    .await?;
    sqlx::query!("DELETE FROM daily_reports WHERE day < ?", day).execute(db).await.map(drop)
}

//! Every query on the log.

use chrono::{DateTime, Utc};
use grove_shared::{
    NetId,
    audit::{Entry, Filter},
    db::{self, Transaction},
    page::PageRequest,
};
use grove_telemetry::RequestContext;
use sqlx::{MySql, MySqlExecutor, MySqlPool, QueryBuilder, Row, mysql::MySqlRow};

use crate::{Actor, Change};

/// What is done to a person under whom a line is drawn.
const FORGOTTEN: &str = "forgotten";

const ENTRIES: &str = "SELECT id, at, actor, action, kind, object, about, old_value, new_value, request_id, undone_by,
        irreversible, EXISTS (SELECT 1 FROM audit_log AS later
                              WHERE later.kind = audit_log.kind AND later.object = audit_log.object
                                AND later.id > audit_log.id) AS is_overtaken
 FROM audit_log WHERE TRUE";

/// Logs a change, as a part of the transaction that makes it.
///
/// # Errors
/// When the row cannot be written.
pub async fn record(
    transaction: &mut Transaction,
    change: Change,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let json = |value: &serde_json::Value| (!value.is_null()).then(|| value.to_string());
    sqlx::query(
        "INSERT INTO audit_log (at, actor, action, kind, object, about, old_value, new_value, request_id,
                                undone_by, irreversible)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(now)
    .bind(&change.actor.0)
    .bind(change.action)
    .bind(change.kind)
    .bind(&change.object)
    .bind(change.about.as_ref())
    .bind(json(&change.before))
    .bind(json(&change.after))
    .bind(RequestContext::current().map(|request| request.id))
    .bind(change.undo.as_ref().map(ToString::to_string))
    .bind(change.irreversible)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// As many changes as a page needs, the newest first; of one person alone, those since they were forgotten.
pub(crate) async fn page(
    db: &MySqlPool,
    filter: &Filter,
    only_own: Option<&NetId>,
    request: PageRequest,
) -> Result<Vec<Entry>, sqlx::Error> {
    let mut query = QueryBuilder::<MySql>::new(ENTRIES);
    if let Some(after) = filter.after {
        query.push(" AND id < ").push_bind(after);
    }
    let texts = [("actor", &filter.actor), ("kind", &filter.kind), ("object", &filter.object)];
    for (column, wanted) in texts {
        if let Some(wanted) = wanted {
            query.push(format_args!(" AND {column} = ")).push_bind(wanted);
        }
    }
    if let Some(about) = &filter.about {
        query.push(" AND about = ").push_bind(about);
    }
    if let Some(person) = only_own {
        since_forgotten(&mut query, person);
    }
    if let Some(from) = filter.from {
        query.push(" AND at >= ").push_bind(from);
    }
    if let Some(until) = filter.until {
        query.push(" AND at < ").push_bind(until);
    }
    query.push(" ORDER BY id DESC LIMIT ").push_bind(request.rows());
    query.build().fetch_all(db).await?.iter().map(entry).collect()
}

/// One change; of one person alone, if it is about them and was made since they were forgotten.
pub(crate) async fn find(
    db: &MySqlPool,
    id: u64,
    only_own: Option<&NetId>,
) -> Result<Option<Entry>, sqlx::Error> {
    let mut query = QueryBuilder::<MySql>::new(ENTRIES);
    query.push(" AND id = ").push_bind(id);
    if let Some(person) = only_own {
        query.push(" AND about = ").push_bind(person);
        since_forgotten(&mut query, person);
    }
    query.build().fetch_optional(db).await?.as_ref().map(entry).transpose()
}

/// Draws a line under what the log says of a person: from here on they see only what is done to them later.
/// Returns whether the log names them at all.
///
/// # Errors
/// When the database fails.
pub async fn forget(
    db: &MySqlPool,
    netid: &NetId,
    actor: impl Into<Actor>,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let mut transaction = db::begin(db).await?;
    let mut query =
        QueryBuilder::<MySql>::new("SELECT EXISTS (SELECT 1 FROM audit_log WHERE about = ");
    query.push_bind(netid).push(" OR actor = ").push_bind(netid.as_str()).push(")");
    let is_named: bool = query.build_query_scalar().fetch_one(&mut *transaction).await?;
    if is_named && !mentioning(&mut *transaction, netid).await?.is_empty() {
        let forgotten = Change::new(actor, FORGOTTEN, "person", netid)
            .about(netid)
            .irreversible("What is gone is not kept anywhere else.");
        record(&mut transaction, forgotten, now).await?;
    }
    transaction.commit().await?;
    Ok(is_named)
}

/// Every change that a person made or that is about them, the oldest first: of someone who was forgotten, those
/// since.
///
/// # Errors
/// When the database fails.
pub async fn mentioning(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<Entry>, sqlx::Error> {
    let mut query = QueryBuilder::<MySql>::new(ENTRIES);
    query.push(" AND about = ").push_bind(netid);
    since_forgotten(&mut query, netid);
    query.push(" UNION ").push(ENTRIES).push(" AND actor = ").push_bind(netid.as_str());
    since_forgotten(&mut query, netid);
    query.push(" ORDER BY id");
    query.build().fetch_all(db).await?.iter().map(entry).collect()
}

/// Leaves out what is older than the last time that the person was forgotten.
fn since_forgotten(query: &mut QueryBuilder<MySql>, netid: &NetId) {
    query.push(
        " AND id > COALESCE((SELECT MAX(line.id) FROM audit_log AS line
                             WHERE line.kind = 'person' AND line.object = ",
    );
    query.push_bind(netid.as_str()).push(" AND line.action = ").push_bind(FORGOTTEN).push("), 0)");
}

fn entry(row: &MySqlRow) -> Result<Entry, sqlx::Error> {
    let value = |column| {
        let json: Option<String> = row.try_get(column)?;
        let read = json.map(|json| serde_json::from_str(&json)).transpose();
        read.map(Option::unwrap_or_default).map_err(|cause| sqlx::Error::Decode(cause.into()))
    };
    let undo: Option<String> = row.try_get("undone_by")?;
    Ok(Entry {
        id: row.try_get("id")?,
        at: row.try_get("at")?,
        actor: row.try_get("actor")?,
        action: row.try_get("action")?,
        kind: row.try_get("kind")?,
        object: row.try_get("object")?,
        about: row.try_get("about")?,
        before: value("old_value")?,
        after: value("new_value")?,
        request_id: row.try_get("request_id")?,
        undo: undo.and_then(|undo| serde_json::from_str(&undo).ok()),
        irreversible: row.try_get("irreversible")?,
        is_overtaken: row.try_get("is_overtaken")?,
    })
}

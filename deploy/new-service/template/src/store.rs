//! Every query on {{name}}.

use chrono::{DateTime, Utc};
use grove_{{name}}_api::{{One}};
use grove_shared::{NetId, db::Transaction, page::PageRequest};
use sqlx::MySqlExecutor;

use crate::{error::{{One}}Error, {{one}}::Title};

/// As many as a page needs, the newest first.
pub(crate) async fn list(
    db: impl MySqlExecutor<'_>,
    request: PageRequest,
) -> Result<Vec<{{One}}>, {{One}}Error> {
    let {{name}} = sqlx::query_as!(
        {{One}},
        "SELECT id, title, author, created_at FROM {{name}} WHERE id < ? ORDER BY id DESC LIMIT ?",
        request.after.unwrap_or(u64::MAX),
        request.rows()
    );
    Ok({{name}}.fetch_all(db).await?)
}

/// Adds one; returns its id.
pub(crate) async fn insert(
    db: impl MySqlExecutor<'_>,
    title: &Title,
    author: &NetId,
    now: DateTime<Utc>,
) -> Result<u64, {{One}}Error> {
    let inserted = sqlx::query!(
        "INSERT INTO {{name}} (title, author, created_at) VALUES (?, ?, ?)",
        title.as_str(),
        author,
        now
    );
    Ok(inserted.execute(db).await?.last_insert_id())
}

/// Removes one; returns who added it.
pub(crate) async fn delete(transaction: &mut Transaction, id: u64) -> Result<NetId, {{One}}Error> {
    let author = sqlx::query_scalar!(
        r#"SELECT author AS "author: NetId" FROM {{name}} WHERE id = ? FOR UPDATE"#,
        id
    );
    let author = author.fetch_optional(&mut **transaction).await?.ok_or({{One}}Error::NotFound)?;
    sqlx::query!("DELETE FROM {{name}} WHERE id = ?", id).execute(&mut **transaction).await?;
    Ok(author)
}

/// What someone added.
pub(crate) async fn added_by(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<{{One}}>, {{One}}Error> {
    let {{name}} = sqlx::query_as!(
        {{One}},
        "SELECT id, title, author, created_at FROM {{name}} WHERE author = ? ORDER BY id",
        netid
    );
    Ok({{name}}.fetch_all(db).await?)
}

/// Removes what someone added; returns how many that were.
pub(crate) async fn delete_added_by(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<u64, {{One}}Error> {
    let deleted = sqlx::query!("DELETE FROM {{name}} WHERE author = ?", netid).execute(db).await?;
    Ok(deleted.rows_affected())
}

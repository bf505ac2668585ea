//! Every query on {{name}}.

use chrono::{DateTime, Utc};
use grove_shared::NetId;
use sqlx::MySqlExecutor;

use crate::{
    error::{{One}}Error,
    {{one}}::{Title, {{One}}},
};

/// The newest whose id is below `before`.
pub(crate) async fn list(
    db: impl MySqlExecutor<'_>,
    before: u64,
    limit: u32,
) -> Result<Vec<{{One}}>, {{One}}Error> {
    let {{name}} = sqlx::query_as!(
        {{One}},
        "SELECT id, title, author, created_at FROM {{name}} WHERE id < ? ORDER BY id DESC LIMIT ?",
        before,
        limit
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

//! Every query on {{name}}.

use chrono::{DateTime, Utc};
use grove_{{name}}_api::{{One}};
use grove_shared::{NetId, page::PageRequest};
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

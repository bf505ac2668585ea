//! What the `grove` program does with quotes: demo data.

use anyhow::Context;
use chrono::{DateTime, Utc};
use grove_shared::{NetId, db};
use sqlx::MySqlPool;

use crate::{
    error::QuoteError,
    quote::{QuoteText, Source},
    store,
};

/// Adds a quote, approved by `officer` if there is one, with votes; one that is there stays as it is.
///
/// # Errors
/// When the quote is not valid or the database fails.
pub async fn add_quote(
    db: &MySqlPool,
    (text, source): (&str, &str),
    author: &NetId,
    officer: Option<&NetId>,
    voters: &[NetId],
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let text = QuoteText::parse(Some(text))?;
    let source = Source::parse(Some(source))?;
    let mut transaction = db::begin(db).await?;
    let id = match store::insert(&mut *transaction, &text, author, &source, now).await {
        Ok(id) => id,
        Err(QuoteError::Duplicate) => return Ok(()),
        Err(cause) => return Err(cause).context("cannot add the quote"),
    };
    if let Some(officer) = officer {
        store::approve(&mut *transaction, id, officer).await?;
        for voter in voters {
            store::vote(&mut *transaction, id, voter, now).await?;
        }
    }
    Ok(transaction.commit().await?)
}

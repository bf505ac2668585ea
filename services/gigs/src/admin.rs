//! What the `grove` program does with gigs: demo data.

use chrono::{DateTime, Utc};
use grove_shared::{NetId, db};
use sqlx::MySqlPool;

use crate::{
    gig::{Draft, Terms},
    store::gigs,
};

/// Posts a gig that the chapter pays for, unless there is one like it.
///
/// # Errors
/// When the database fails.
pub async fn add_gig(
    db: &MySqlPool,
    issuer: &NetId,
    (title, details, credits): (&str, &str, i64),
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let terms = Terms { title: title.to_owned(), details: details.to_owned(), credits };
    let draft = Draft { issuer: issuer.clone(), terms, admin_task: true };
    let mut transaction = db::begin(db).await?;
    if !gigs::knows(&mut *transaction, &draft).await? {
        gigs::insert(&mut *transaction, &draft, now).await?;
        transaction.commit().await?;
    }
    Ok(())
}

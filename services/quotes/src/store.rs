//! Every query on quotes and votes.

use chrono::{DateTime, Utc};
use grove_identity::caller::Member;
use grove_personal_data::FORMER_MEMBER;
use grove_quotes_api::Counts;
use grove_shared::{NetId, db::Refusal, page::PageRequest};
use sqlx::MySqlExecutor;

use crate::{
    error::QuoteError,
    quote::{Mention, Quote, QuoteText, Source, Vote, without},
};

/// Reads the quotes that a member may see: approved ones, their own, and for an officer all.
macro_rules! select_quotes {
    ($viewer:expr, $rest:literal $(, $arg:expr)*) => {
        sqlx::query_as!(
            Quote,
            r#"SELECT id, text, author, source, approved AS "approved: bool", taken_down_at, created_at,
                      (SELECT COUNT(*) FROM votes WHERE quote_id = quotes.id) AS "votes!",
                      EXISTS (SELECT 1 FROM votes
                              WHERE quote_id = quotes.id AND netid = ?) AS "upvoted!: bool"
               FROM quotes
               WHERE (approved OR author = ? OR ?) "# + $rest,
            $viewer.netid,
            $viewer.netid,
            $viewer.is_officer()
            $(, $arg)*
        )
    };
}

/// Every quote that the member may see: unapproved ones first, then the newest.
pub(crate) async fn list(
    db: impl MySqlExecutor<'_>,
    viewer: &Member,
) -> Result<Vec<Quote>, QuoteError> {
    let quotes = select_quotes!(viewer, "ORDER BY approved, created_at DESC, id DESC");
    Ok(quotes.fetch_all(db).await?)
}

/// As many of the quotes that the member may see as a page needs, the newest first.
pub(crate) async fn page(
    db: impl MySqlExecutor<'_>,
    viewer: &Member,
    request: PageRequest,
) -> Result<Vec<Quote>, QuoteError> {
    let after = request.after.unwrap_or(u64::MAX);
    let quotes =
        select_quotes!(viewer, "AND id < ? ORDER BY id DESC LIMIT ?", after, request.rows());
    Ok(quotes.fetch_all(db).await?)
}

/// How many quotes there are.
pub(crate) async fn counts(db: impl MySqlExecutor<'_>) -> Result<Counts, QuoteError> {
    let counts = sqlx::query_as!(
        Counts,
        r#"SELECT CAST(COUNT(CASE WHEN approved THEN 1 END) AS UNSIGNED) AS "approved!: u64",
                  CAST(COUNT(CASE WHEN NOT approved THEN 1 END) AS UNSIGNED) AS "waiting!: u64"
           FROM quotes"#
    );
    Ok(counts.fetch_one(db).await?)
}

/// One quote, if the member may see it.
pub(crate) async fn find(
    db: impl MySqlExecutor<'_>,
    id: u64,
    viewer: &Member,
) -> Result<Quote, QuoteError> {
    let quote = select_quotes!(viewer, "AND id = ?", id);
    quote.fetch_optional(db).await?.ok_or(QuoteError::NotFound)
}

/// Adds a quote that nobody has approved yet.
pub(crate) async fn insert(
    db: impl MySqlExecutor<'_>,
    text: &QuoteText,
    author: &NetId,
    source: &Source,
    now: DateTime<Utc>,
) -> Result<u64, QuoteError> {
    let inserted = sqlx::query!(
        "INSERT INTO quotes (text, text_key, author, source, created_at) VALUES (?, ?, ?, ?, ?)",
        text.as_str(),
        text.key(),
        author,
        source.as_str(),
        now
    );
    match inserted.execute(db).await {
        Ok(done) => Ok(done.last_insert_id()),
        Err(cause) if Refusal::of(&cause) == Some(Refusal::Duplicate) => Err(QuoteError::Duplicate),
        Err(cause) => Err(cause.into()),
    }
}

/// Approves a quote; false when there is none that waits for it.
pub(crate) async fn approve(
    db: impl MySqlExecutor<'_>,
    id: u64,
    officer: &NetId,
) -> Result<bool, QuoteError> {
    let approved = sqlx::query!(
        "UPDATE quotes SET approved = TRUE, approved_by = ?, taken_down_at = NULL
         WHERE id = ? AND NOT approved",
        officer,
        id
    );
    Ok(approved.execute(db).await?.rows_affected() > 0)
}

/// Hides a quote until an officer decides on it again.
pub(crate) async fn take_down(
    db: impl MySqlExecutor<'_>,
    id: u64,
    now: DateTime<Utc>,
) -> Result<(), QuoteError> {
    sqlx::query!(
        "UPDATE quotes SET approved = FALSE, approved_by = NULL, taken_down_at = ? WHERE id = ?",
        now,
        id
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Removes a quote and its votes; false when there is none.
pub(crate) async fn delete(db: impl MySqlExecutor<'_>, id: u64) -> Result<bool, QuoteError> {
    let deleted = sqlx::query!("DELETE FROM quotes WHERE id = ?", id).execute(db).await?;
    Ok(deleted.rows_affected() > 0)
}

/// Casts a member's vote for an approved quote.
pub(crate) async fn vote(
    db: impl MySqlExecutor<'_>,
    id: u64,
    voter: &NetId,
    now: DateTime<Utc>,
) -> Result<(), QuoteError> {
    let cast = sqlx::query!(
        "INSERT INTO votes (quote_id, netid, created_at)
         SELECT id, ?, ? FROM quotes WHERE id = ? AND approved",
        voter,
        now,
        id
    );
    match cast.execute(db).await {
        Ok(done) if done.rows_affected() > 0 => Ok(()),
        Ok(_) => Err(QuoteError::NotFound),
        Err(cause) if Refusal::of(&cause) == Some(Refusal::Duplicate) => {
            Err(QuoteError::AlreadyVoted)
        }
        Err(cause) => Err(cause.into()),
    }
}

/// Takes a member's vote back.
pub(crate) async fn unvote(
    db: impl MySqlExecutor<'_>,
    id: u64,
    voter: &NetId,
) -> Result<(), QuoteError> {
    let taken = sqlx::query!("DELETE FROM votes WHERE quote_id = ? AND netid = ?", id, voter);
    match taken.execute(db).await?.rows_affected() {
        0 => Err(QuoteError::NotVoted),
        _ => Ok(()),
    }
}

/// Adds a quote of the old system, approved; false when it is there already.
pub(crate) async fn insert_imported(
    db: impl MySqlExecutor<'_>,
    text: &QuoteText,
    author: &Source,
    source: &Source,
    created_at: DateTime<Utc>,
) -> Result<bool, QuoteError> {
    let inserted = sqlx::query!(
        "INSERT INTO quotes (text, text_key, author, source, approved, created_at)
         VALUES (?, ?, ?, ?, TRUE, ?)",
        text.as_str(),
        text.key(),
        author.as_str(),
        source.as_str(),
        created_at
    );
    match inserted.execute(db).await {
        Ok(_) => Ok(true),
        Err(cause) if Refusal::of(&cause) == Some(Refusal::Duplicate) => Ok(false),
        Err(cause) => Err(cause.into()),
    }
}

/// The quotes that someone posted.
pub(crate) async fn posted_by(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<Mention>, QuoteError> {
    let quotes = sqlx::query_as!(
        Mention,
        "SELECT id, text, author, source, created_at FROM quotes WHERE author = ? ORDER BY id",
        netid
    );
    Ok(quotes.fetch_all(db).await?)
}

/// The quotes whose source names someone.
pub(crate) async fn mentioning(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<Mention>, QuoteError> {
    let quotes = sqlx::query_as!(
        Mention,
        "SELECT id, text, author, source, created_at FROM quotes
         WHERE LOWER(source) LIKE CONCAT('%', ?, '%') ORDER BY id",
        netid
    );
    let mut quotes = quotes.fetch_all(db).await?;
    quotes.retain(|quote| without(&quote.source, netid) != quote.source);
    Ok(quotes)
}

/// The votes that someone cast.
pub(crate) async fn votes_of(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<Vote>, QuoteError> {
    let votes = sqlx::query_as!(
        Vote,
        "SELECT quote_id, created_at FROM votes WHERE netid = ? ORDER BY quote_id",
        netid
    );
    Ok(votes.fetch_all(db).await?)
}

/// Removes the votes that someone cast; returns how many.
pub(crate) async fn delete_votes_of(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<u64, QuoteError> {
    let deleted = sqlx::query!("DELETE FROM votes WHERE netid = ?", netid).execute(db).await?;
    Ok(deleted.rows_affected())
}

/// Has the quotes that someone posted be a former member's; returns how many.
pub(crate) async fn forget_author(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<u64, QuoteError> {
    let forgotten =
        sqlx::query!("UPDATE quotes SET author = ? WHERE author = ?", FORMER_MEMBER, netid);
    Ok(forgotten.execute(db).await?.rows_affected())
}

/// Has nobody known as who approved what someone approved; returns how many quotes that are.
pub(crate) async fn forget_approver(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<u64, QuoteError> {
    let forgotten =
        sqlx::query!("UPDATE quotes SET approved_by = NULL WHERE approved_by = ?", netid);
    Ok(forgotten.execute(db).await?.rows_affected())
}

/// Replaces what is said of who said a quote.
pub(crate) async fn set_source(
    db: impl MySqlExecutor<'_>,
    id: u64,
    source: &str,
) -> Result<(), QuoteError> {
    sqlx::query!("UPDATE quotes SET source = ? WHERE id = ?", source, id).execute(db).await?;
    Ok(())
}

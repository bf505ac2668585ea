//! Every query on gigs.

use chrono::{DateTime, Utc};
use grove_shared::NetId;
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::{
    error::GigError,
    gig::{Draft, Gig, State, Terms},
    viewer::Viewer,
};

/// Gigs on a page.
pub(crate) const PAGE: i64 = 24;

/// Which gigs are asked for.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    pub(crate) issuer: Option<String>,
    pub(crate) active: Option<bool>,
    pub(crate) claimed_by: Option<String>,
}

/// Reads gigs; `$rest` says which ones, in what order.
macro_rules! select_gigs {
    ($rest:literal $(, $arg:expr)*) => {
        sqlx::query_as!(
            Gig,
            r#"SELECT id, issuer AS "issuer: NetId", title, details, credits, escrowed,
                      admin_task AS "admin_task: bool", state AS "state: State",
                      EXISTS (SELECT 1 FROM claims JOIN outbox ON outbox.id = payment_effect_id
                              WHERE gig_id = gigs.id AND delivered_at IS NULL) AS "paying!: bool",
                      created_at
               FROM gigs WHERE "# + $rest
            $(, $arg)*
        )
    };
}

/// One gig, even if it was deleted.
pub(crate) async fn find_any(db: impl MySqlExecutor<'_>, id: u64) -> Result<Gig, GigError> {
    let gig = select_gigs!("id = ?", id);
    gig.fetch_optional(db).await?.ok_or(GigError::UnknownGig)
}

/// One gig, if the viewer may see it: what is not posted yet is its issuer's alone.
pub(crate) async fn find_visible(
    db: impl MySqlExecutor<'_>,
    id: u64,
    viewer: &Viewer,
) -> Result<Gig, GigError> {
    let gig = select_gigs!(
        "id = ? AND deleted_at IS NULL AND state <> 'refused'
         AND (state <> 'reserving' OR escrowed > 0 OR issuer = ?)",
        id,
        viewer.netid
    );
    gig.fetch_optional(db).await?.ok_or(GigError::UnknownGig)
}

/// Makes everyone else wait who decides on the gig, until the transaction ends. It has to come first
/// in the transaction: what is read after it is then the latest.
pub(crate) async fn lock(transaction: &mut MySqlConnection, id: u64) -> Result<(), GigError> {
    let locked = sqlx::query!("SELECT id FROM gigs WHERE id = ? FOR UPDATE", id);
    locked.fetch_optional(transaction).await?.map(drop).ok_or(GigError::UnknownGig)
}

/// How many gigs a filter leaves.
pub(crate) async fn count(
    db: impl MySqlExecutor<'_>,
    filter: &Filter,
    viewer: &Viewer,
) -> Result<i64, GigError> {
    let count = sqlx::query_scalar!(
        r#"SELECT COUNT(*) AS "count!" FROM gigs
           WHERE deleted_at IS NULL AND state <> 'refused'
             AND (state <> 'reserving' OR escrowed > 0 OR issuer = ?)
             AND (? IS NULL OR issuer = ?) AND (? IS NULL OR (state = 'open') = ?)
             AND (? IS NULL OR EXISTS (SELECT 1 FROM claims
                  WHERE gig_id = gigs.id AND claimant = ?
                    AND claims.state IN ('pending', 'accepted')))"#,
        viewer.netid,
        filter.issuer,
        filter.issuer,
        filter.active,
        filter.active,
        filter.claimed_by,
        filter.claimed_by
    );
    Ok(count.fetch_one(db).await?)
}

/// A page of the gigs that a filter leaves, the newest first.
pub(crate) async fn list(
    db: impl MySqlExecutor<'_>,
    filter: &Filter,
    viewer: &Viewer,
    page: i64,
) -> Result<Vec<Gig>, GigError> {
    let gigs = select_gigs!(
        "deleted_at IS NULL AND state <> 'refused'
         AND (state <> 'reserving' OR escrowed > 0 OR issuer = ?)
         AND (? IS NULL OR issuer = ?) AND (? IS NULL OR (state = 'open') = ?)
         AND (? IS NULL OR EXISTS (SELECT 1 FROM claims
              WHERE gig_id = gigs.id AND claimant = ?
                AND claims.state IN ('pending', 'accepted')))
         ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?",
        viewer.netid,
        filter.issuer,
        filter.issuer,
        filter.active,
        filter.active,
        filter.claimed_by,
        filter.claimed_by,
        PAGE,
        (page - 1) * PAGE
    );
    Ok(gigs.fetch_all(db).await?)
}

/// A gig like the draft whose reward is still asked for: the draft is the same wish once more.
pub(crate) async fn find_twin(
    db: impl MySqlExecutor<'_>,
    draft: &Draft,
) -> Result<Option<u64>, GigError> {
    let twin = sqlx::query_scalar!(
        "SELECT id FROM gigs
         WHERE issuer = ? AND state = 'reserving' AND escrowed = 0 AND deleted_at IS NULL
           AND title = ? AND details = ? AND credits = ?
         ORDER BY id LIMIT 1",
        draft.issuer,
        draft.terms.title,
        draft.terms.details,
        draft.terms.credits
    );
    Ok(twin.fetch_optional(db).await?)
}

/// Whether its issuer has ever posted a gig of that title.
pub(crate) async fn knows(db: impl MySqlExecutor<'_>, draft: &Draft) -> Result<bool, GigError> {
    let known = sqlx::query_scalar!(
        "SELECT id FROM gigs WHERE issuer = ? AND title = ? LIMIT 1",
        draft.issuer,
        draft.terms.title
    );
    Ok(known.fetch_optional(db).await?.is_some())
}

/// Adds a gig. It is open at once when the chapter pays.
pub(crate) async fn insert(
    db: impl MySqlExecutor<'_>,
    draft: &Draft,
    now: DateTime<Utc>,
) -> Result<u64, GigError> {
    let inserted = sqlx::query!(
        "INSERT INTO gigs (issuer, title, details, credits, admin_task, state, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
        draft.issuer,
        draft.terms.title,
        draft.terms.details,
        draft.terms.credits,
        draft.admin_task,
        if draft.admin_task { State::Open } else { State::Reserving },
        now
    );
    Ok(inserted.execute(db).await?.last_insert_id())
}

/// Lets a gig offer `terms`, for which `escrowed` is set aside.
pub(crate) async fn open(
    db: impl MySqlExecutor<'_>,
    id: u64,
    terms: &Terms,
    escrowed: i64,
) -> Result<(), GigError> {
    sqlx::query!(
        "UPDATE gigs SET credits = ?, title = ?, details = ?, escrowed = ?, state = 'open'
         WHERE id = ?",
        terms.credits,
        terms.title,
        terms.details,
        escrowed,
        id
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Moves a gig to `state`, while what is escrowed stays.
pub(crate) async fn set_state(
    db: impl MySqlExecutor<'_>,
    id: u64,
    state: State,
) -> Result<(), GigError> {
    sqlx::query!("UPDATE gigs SET state = ? WHERE id = ?", state, id).execute(db).await?;
    Ok(())
}

/// Ends a gig: what was escrowed is on its way elsewhere.
pub(crate) async fn end(db: impl MySqlExecutor<'_>, id: u64, state: State) -> Result<(), GigError> {
    sqlx::query!("UPDATE gigs SET state = ?, escrowed = 0 WHERE id = ?", state, id)
        .execute(db)
        .await?;
    Ok(())
}

/// Hides a gig for ever.
pub(crate) async fn delete(
    db: impl MySqlExecutor<'_>,
    id: u64,
    now: DateTime<Utc>,
) -> Result<(), GigError> {
    sqlx::query!("UPDATE gigs SET deleted_at = ? WHERE id = ?", now, id).execute(db).await?;
    Ok(())
}

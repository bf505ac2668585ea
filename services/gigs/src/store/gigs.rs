//! Every query on gigs.

use chrono::{DateTime, Utc};
use grove_shared::NetId;
use sqlx::{MySql, MySqlConnection, MySqlExecutor, QueryBuilder};

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

/// Reads gigs; `$rest` says which ones, in what order. A payment that is not in the outbox any more has
/// arrived, and one that is dead did not go through.
macro_rules! select_gigs {
    ($rest:literal $(, $arg:expr)*) => {
        sqlx::query_as!(
            Gig,
            r#"SELECT id, issuer AS "issuer?: NetId", title, details, credits, escrowed,
                      admin_task AS "admin_task: bool", state AS "state: State",
                      (SELECT dead_at IS NOT NULL
                       FROM claims JOIN outbox ON outbox.id = payment_effect_id
                       WHERE gig_id = gigs.id AND delivered_at IS NULL) AS "unpaid?: bool",
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

/// The gigs of someone that nobody has done, and that are not closed.
pub(crate) async fn unfinished(
    db: impl MySqlExecutor<'_>,
    issuer: &NetId,
) -> Result<Vec<Gig>, GigError> {
    let gigs = select_gigs!("issuer = ? AND state IN ('reserving', 'open') ORDER BY id", issuer);
    Ok(gigs.fetch_all(db).await?)
}

/// Makes everyone else wait who decides on the gig, until the transaction ends. It has to come first
/// in the transaction: what is read after it is then the latest.
pub(crate) async fn lock(transaction: &mut MySqlConnection, id: u64) -> Result<(), GigError> {
    let locked = sqlx::query!("SELECT id FROM gigs WHERE id = ? FOR UPDATE", id);
    locked.fetch_optional(transaction).await?.map(drop).ok_or(GigError::UnknownGig)
}

/// Leaves the gigs of a filter that the viewer may see. What is asked for differs from client to client,
/// and each answer has an index of its own; so these queries are put together, and checked by tests.
fn narrow(query: &mut QueryBuilder<MySql>, filter: &Filter, viewer: &Viewer) {
    query.push(
        " FROM gigs WHERE deleted_at IS NULL AND state <> 'refused'
          AND (state <> 'reserving' OR escrowed > 0 OR issuer = ",
    );
    query.push_bind(viewer.netid.clone()).push(")");
    if let Some(issuer) = &filter.issuer {
        query.push(" AND issuer = ").push_bind(issuer.clone());
    }
    match filter.active {
        Some(true) => query.push(" AND state = 'open'"),
        Some(false) => query.push(" AND state <> 'open'"),
        None => query,
    };
    if let Some(claimant) = &filter.claimed_by {
        query.push(" AND id IN (SELECT gig_id FROM claims WHERE claimant = ");
        query.push_bind(claimant.clone()).push(" AND state IN ('pending', 'accepted'))");
    }
}

/// How many gigs a filter leaves.
pub(crate) async fn count(
    db: impl MySqlExecutor<'_>,
    filter: &Filter,
    viewer: &Viewer,
) -> Result<i64, GigError> {
    let mut query = QueryBuilder::new("SELECT COUNT(*)");
    narrow(&mut query, filter, viewer);
    Ok(query.build_query_scalar().fetch_one(db).await?)
}

/// A page of the gigs that a filter leaves, the newest first.
pub(crate) async fn list(
    db: impl MySqlExecutor<'_>,
    filter: &Filter,
    viewer: &Viewer,
    page: i64,
) -> Result<Vec<Gig>, GigError> {
    let mut query = QueryBuilder::new(
        "SELECT id, issuer, title, details, credits, escrowed, admin_task, state,
                (SELECT dead_at IS NOT NULL
                 FROM claims JOIN outbox ON outbox.id = payment_effect_id
                 WHERE gig_id = gigs.id AND delivered_at IS NULL) AS unpaid,
                created_at",
    );
    narrow(&mut query, filter, viewer);
    query.push(" ORDER BY created_at DESC, id DESC LIMIT ").push_bind(PAGE);
    query.push(" OFFSET ").push_bind((page - 1) * PAGE);
    Ok(query.build_query_as().fetch_all(db).await?)
}

/// A gig like the draft whose reward is still asked for: the draft is the same form once more.
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

//! Every query on claims.

use chrono::{DateTime, Utc};
use grove_shared::{NetId, db::Refusal, page::PageRequest};
use sqlx::{MySql, MySqlConnection, MySqlExecutor, QueryBuilder};

use crate::{
    claim::{Claim, State},
    error::GigError,
    viewer::Viewer,
};

/// More claims than anyone reads at once.
const MOST: u32 = 1000;

/// Which claims are asked for.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    pub(crate) gig_id: Option<u64>,
    pub(crate) claimant: Option<String>,
    pub(crate) states: Vec<State>,
}

/// Reads claims with their gigs; `$rest` says which ones, in what order.
macro_rules! select_claims {
    ($rest:literal $(, $arg:expr)*) => {
        sqlx::query_as!(
            Claim,
            r#"SELECT claims.id, gig_id, claimant AS "claimant?: NetId",
                      issuer AS "issuer?: NetId",
                      claims.state AS "state: State", claims.created_at
               FROM claims JOIN gigs ON gigs.id = claims.gig_id WHERE "# + $rest
            $(, $arg)*
        )
    };
}

/// Leaves the claims of a filter that the viewer may see: what was rejected, withdrawn or made on a deleted
/// gig is for its issuer, its claimant and officers alone. Put together and checked as the queries on gigs.
fn select(filter: &Filter, viewer: &Viewer) -> QueryBuilder<MySql> {
    let mut query = QueryBuilder::new(
        "SELECT claims.id, gig_id, claimant, issuer, claims.state, claims.created_at
         FROM claims JOIN gigs ON gigs.id = gig_id WHERE claims.state IN (",
    );
    let mut states = query.separated(", ");
    for state in &filter.states {
        states.push_bind(*state);
    }
    query.push(")");
    if let Some(gig_id) = filter.gig_id {
        query.push(" AND gig_id = ").push_bind(gig_id);
    }
    if let Some(claimant) = &filter.claimant {
        query.push(" AND claimant = ").push_bind(claimant.clone());
    }
    if !viewer.is_officer {
        query.push(
            " AND (deleted_at IS NULL AND claims.state IN ('pending', 'accepted') OR issuer = ",
        );
        query.push_bind(viewer.netid.clone()).push(" OR claimant = ");
        query.push_bind(viewer.netid.clone()).push(")");
    }
    query
}

/// As many of the claims of a filter as anyone reads at once, the newest first.
pub(crate) async fn list(
    db: impl MySqlExecutor<'_>,
    filter: &Filter,
    viewer: &Viewer,
) -> Result<Vec<Claim>, GigError> {
    let mut query = select(filter, viewer);
    query.push(" ORDER BY claims.created_at DESC, claims.id DESC LIMIT ").push_bind(MOST);
    Ok(query.build_query_as().fetch_all(db).await?)
}

/// As many of them as a page needs.
pub(crate) async fn page(
    db: impl MySqlExecutor<'_>,
    filter: &Filter,
    viewer: &Viewer,
    request: PageRequest,
) -> Result<Vec<Claim>, GigError> {
    let mut query = select(filter, viewer);
    query.push(" AND claims.id < ").push_bind(request.after.unwrap_or(u64::MAX));
    query.push(" ORDER BY claims.id DESC LIMIT ").push_bind(request.rows());
    Ok(query.build_query_as().fetch_all(db).await?)
}

/// One claim, if the viewer may see it.
pub(crate) async fn find_visible(
    db: impl MySqlExecutor<'_>,
    id: u64,
    viewer: &Viewer,
) -> Result<Claim, GigError> {
    let claim = select_claims!(
        "claims.id = ?
         AND (deleted_at IS NULL AND claims.state IN ('pending', 'accepted')
              OR issuer = ? OR claimant = ? OR ?)",
        id,
        viewer.netid,
        viewer.netid,
        viewer.is_officer
    );
    claim.fetch_optional(db).await?.ok_or(GigError::UnknownClaim)
}

/// One claim.
pub(crate) async fn find(db: impl MySqlExecutor<'_>, id: u64) -> Result<Claim, GigError> {
    let claim = select_claims!("claims.id = ?", id);
    claim.fetch_optional(db).await?.ok_or(GigError::UnknownClaim)
}

/// The claims on a gig that nobody decided on.
pub(crate) async fn pending(
    db: impl MySqlExecutor<'_>,
    gig_id: u64,
) -> Result<Vec<Claim>, GigError> {
    let claims =
        select_claims!("gig_id = ? AND claims.state = 'pending' ORDER BY claims.id", gig_id);
    Ok(claims.fetch_all(db).await?)
}

/// The claims of someone that nobody decided on.
pub(crate) async fn pending_of(
    db: impl MySqlExecutor<'_>,
    claimant: &NetId,
) -> Result<Vec<Claim>, GigError> {
    let claims =
        select_claims!("claimant = ? AND claims.state = 'pending' ORDER BY claims.id", claimant);
    Ok(claims.fetch_all(db).await?)
}

/// Whether a claim was made before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    First,
    /// It was withdrawn.
    Again,
}

/// Makes a claim; one that was withdrawn is made again. Returns its id.
pub(crate) async fn insert(
    transaction: &mut MySqlConnection,
    gig_id: u64,
    claimant: &NetId,
    now: DateTime<Utc>,
) -> Result<(u64, Made), GigError> {
    let inserted = sqlx::query!(
        "INSERT INTO claims (gig_id, claimant, created_at) VALUES (?, ?, ?)",
        gig_id,
        claimant,
        now
    );
    match inserted.execute(&mut *transaction).await {
        Ok(done) => return Ok((done.last_insert_id(), Made::First)),
        Err(cause) if Refusal::of(&cause) == Some(Refusal::Duplicate) => {}
        Err(cause) => return Err(cause.into()),
    }
    let earlier = select_claims!("gig_id = ? AND claimant = ?", gig_id, claimant);
    let earlier = earlier.fetch_one(&mut *transaction).await?;
    match earlier.state {
        State::Pending | State::Accepted => return Err(GigError::DoubleClaim),
        State::Rejected => return Err(GigError::RejectedBefore),
        State::Withdrawn => {}
    }
    sqlx::query!(
        "UPDATE claims SET state = 'pending', created_at = ?, decided_by = NULL, decided_at = NULL
         WHERE id = ?",
        now,
        earlier.id
    )
    .execute(transaction)
    .await?;
    Ok((earlier.id, Made::Again))
}

/// Accepts a claim, which `payment_effect_id` pays.
pub(crate) async fn accept(
    db: impl MySqlExecutor<'_>,
    id: u64,
    payment_effect_id: u64,
    decided_by: &NetId,
    now: DateTime<Utc>,
) -> Result<(), GigError> {
    sqlx::query!(
        "UPDATE claims
         SET state = 'accepted', payment_effect_id = ?, decided_by = ?, decided_at = ?
         WHERE id = ?",
        payment_effect_id,
        decided_by,
        now,
        id
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Ends a claim without payment.
pub(crate) async fn end(
    db: impl MySqlExecutor<'_>,
    id: u64,
    state: State,
    decided_by: &NetId,
    now: DateTime<Utc>,
) -> Result<(), GigError> {
    sqlx::query!(
        "UPDATE claims SET state = ?, decided_by = ?, decided_at = ? WHERE id = ?",
        state,
        decided_by,
        now,
        id
    )
    .execute(db)
    .await?;
    Ok(())
}

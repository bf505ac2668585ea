//! Every query on claims.

use chrono::{DateTime, Utc};
use grove_shared::{NetId, api::gigs::ClaimState, db::Refusal};
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::{claim::Claim, error::GigError, viewer::Viewer};

/// More claims than anyone reads at once.
const MOST: u32 = 1000;

/// Which claims are asked for.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    pub(crate) gig_id: Option<u64>,
    pub(crate) claimant: Option<String>,
    /// Names of states, separated by commas.
    pub(crate) states: String,
}

/// Reads claims with their gigs; `$rest` says which ones, in what order.
macro_rules! select_claims {
    ($rest:literal $(, $arg:expr)*) => {
        sqlx::query_as!(
            Claim,
            r#"SELECT claims.id, gig_id, claimant AS "claimant: NetId", issuer AS "issuer: NetId",
                      claims.state AS "state: ClaimState", claims.created_at
               FROM claims JOIN gigs ON gigs.id = claims.gig_id WHERE "# + $rest
            $(, $arg)*
        )
    };
}

/// The claims that the viewer may see, the newest first. What was rejected, withdrawn or made on a
/// deleted gig is for its issuer, its claimant and officers alone.
pub(crate) async fn list(
    db: impl MySqlExecutor<'_>,
    filter: &Filter,
    viewer: &Viewer,
) -> Result<Vec<Claim>, GigError> {
    let claims = select_claims!(
        "(? IS NULL OR gig_id = ?) AND (? IS NULL OR claimant = ?)
         AND FIND_IN_SET(claims.state, ?)
         AND (deleted_at IS NULL AND claims.state IN ('pending', 'accepted')
              OR issuer = ? OR claimant = ? OR ?)
         ORDER BY claims.created_at DESC, claims.id DESC LIMIT ?",
        filter.gig_id,
        filter.gig_id,
        filter.claimant,
        filter.claimant,
        filter.states,
        viewer.netid,
        viewer.netid,
        viewer.is_officer,
        MOST
    );
    Ok(claims.fetch_all(db).await?)
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

/// Makes a claim; one that was withdrawn is made again.
pub(crate) async fn insert(
    transaction: &mut MySqlConnection,
    gig_id: u64,
    claimant: &NetId,
    now: DateTime<Utc>,
) -> Result<u64, GigError> {
    let inserted = sqlx::query!(
        "INSERT INTO claims (gig_id, claimant, created_at) VALUES (?, ?, ?)",
        gig_id,
        claimant,
        now
    );
    match inserted.execute(&mut *transaction).await {
        Ok(done) => return Ok(done.last_insert_id()),
        Err(cause) if Refusal::of(&cause) == Some(Refusal::Duplicate) => {}
        Err(cause) => return Err(cause.into()),
    }
    let earlier = select_claims!("gig_id = ? AND claimant = ?", gig_id, claimant);
    let earlier = earlier.fetch_one(&mut *transaction).await?;
    match earlier.state {
        ClaimState::Pending | ClaimState::Accepted => return Err(GigError::DoubleClaim),
        ClaimState::Rejected => return Err(GigError::RejectedBefore),
        ClaimState::Withdrawn => {}
    }
    sqlx::query!(
        "UPDATE claims SET state = 'pending', created_at = ?, decided_by = NULL, decided_at = NULL
         WHERE id = ?",
        now,
        earlier.id
    )
    .execute(transaction)
    .await?;
    Ok(earlier.id)
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
    state: ClaimState,
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

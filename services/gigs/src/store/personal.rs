//! What is kept of one person, wherever it stands, for showing it to them and for forgetting it.

use chrono::{DateTime, Utc};
use grove_shared::NetId;
use serde::Serialize;
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::error::GigError;

/// A gig as its issuer reads it.
#[derive(Debug, Serialize)]
pub(crate) struct Offered {
    pub(crate) id: u64,
    title: String,
    details: String,
    credits: i64,
    set_aside: i64,
    paid_by_the_chapter: bool,
    pub(crate) state: String,
    created_at: DateTime<Utc>,
    deleted_at: Option<DateTime<Utc>>,
}

/// Credits that were asked for, for a gig.
#[derive(Debug, Serialize)]
pub(crate) struct Asked {
    gig: u64,
    amount: i64,
    title: String,
    details: String,
    credits: i64,
    state: String,
    created_at: DateTime<Utc>,
}

/// A claim that someone made, or decided on.
#[derive(Debug, Serialize)]
pub(crate) struct Claimed {
    pub(crate) id: u64,
    gig: u64,
    pub(crate) state: String,
    created_at: DateTime<Utc>,
    decided_at: Option<DateTime<Utc>>,
}

/// Something in the outbox that is for someone or names them.
#[derive(Debug, Serialize)]
pub(crate) struct Effect {
    #[serde(skip)]
    pub(crate) id: u64,
    what: Option<String>,
    service: String,
    body: String,
    reply: Option<String>,
    last_error: Option<String>,
    created_at: DateTime<Utc>,
    delivered_at: Option<DateTime<Utc>>,
    given_up_at: Option<DateTime<Utc>>,
}

pub(crate) async fn offered(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<Offered>, GigError> {
    let gigs = sqlx::query_as!(
        Offered,
        r#"SELECT id, title, details, credits, escrowed AS set_aside,
                  admin_task AS "paid_by_the_chapter: bool", state AS "state: String", created_at,
                  deleted_at
           FROM gigs WHERE issuer = ? ORDER BY id"#,
        netid
    );
    Ok(gigs.fetch_all(db).await?)
}

pub(crate) async fn asked(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<Asked>, GigError> {
    let questions = sqlx::query_as!(
        Asked,
        r#"SELECT gig_id AS gig, amount, reservations.title, reservations.details,
                  reservations.credits, reservations.state AS "state: String",
                  reservations.created_at
           FROM reservations JOIN gigs ON gigs.id = gig_id WHERE issuer = ?
           ORDER BY reservations.id"#,
        netid
    );
    Ok(questions.fetch_all(db).await?)
}

pub(crate) async fn claimed(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<Claimed>, GigError> {
    let claims = sqlx::query_as!(
        Claimed,
        r#"SELECT id, gig_id AS gig, state AS "state: String", created_at, decided_at
           FROM claims WHERE claimant = ? ORDER BY id"#,
        netid
    );
    Ok(claims.fetch_all(db).await?)
}

/// The claims of others that someone decided on.
pub(crate) async fn decided(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<Claimed>, GigError> {
    let claims = sqlx::query_as!(
        Claimed,
        r#"SELECT id, gig_id AS gig, state AS "state: String", created_at, decided_at
           FROM claims WHERE decided_by = ? AND (claimant IS NULL OR claimant <> decided_by)
           ORDER BY id"#,
        netid
    );
    Ok(claims.fetch_all(db).await?)
}

/// Credits and mails for someone, and mails to others that say they made a claim. What was caused before
/// effects said whom they concern is known by its body.
pub(crate) async fn effects(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<Effect>, GigError> {
    let effects = sqlx::query_as!(
        Effect,
        "SELECT id, what, peer AS service, body, reply, last_error, created_at, delivered_at,
                dead_at AS given_up_at
         FROM outbox
         WHERE concerns = ? OR JSON_VALUE(body, '$.to.member') = ?
            OR JSON_VALUE(body, '$.services[0].recipients[0]') LIKE CONCAT(?, '@%')
            OR JSON_VALUE(body, '$.services[0].subject')
               LIKE CONCAT(?, ' would like to do your gig: %')
         ORDER BY id",
        netid,
        netid,
        netid,
        netid
    );
    Ok(effects.fetch_all(db).await?)
}

/// Notes that someone is forgotten, after everything that they have begun has ended.
pub(crate) async fn set_forgotten(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
    now: DateTime<Utc>,
) -> Result<(), GigError> {
    sqlx::query!(
        "INSERT INTO forgotten (netid, forgotten_at) VALUES (?, ?)
         ON DUPLICATE KEY UPDATE forgotten_at = ?",
        netid,
        now,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether someone was forgotten since `then`; if not, they are not until the transaction ends.
pub(crate) async fn is_forgotten(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
    then: DateTime<Utc>,
) -> Result<bool, GigError> {
    let forgotten = sqlx::query_scalar!(
        "SELECT forgotten_at FROM forgotten WHERE netid = ? LOCK IN SHARE MODE",
        netid
    );
    Ok(forgotten.fetch_optional(db).await?.is_some_and(|at| at > then))
}

/// Remembers nobody who was forgotten before `then`; returns how many.
pub(crate) async fn clear_forgotten(
    db: impl MySqlExecutor<'_>,
    then: DateTime<Utc>,
) -> Result<u64, GigError> {
    let cleared = sqlx::query!("DELETE FROM forgotten WHERE forgotten_at <= ?", then);
    Ok(cleared.execute(db).await?.rows_affected())
}

/// The gigs that someone offered, claimed or decided on.
pub(crate) async fn gigs_of(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<u64>, GigError> {
    let gigs = sqlx::query_scalar!(
        r#"SELECT id AS "id!: u64" FROM gigs
           WHERE issuer = ?
              OR id IN (SELECT gig_id FROM claims WHERE claimant = ? OR decided_by = ?)
           ORDER BY id"#,
        netid,
        netid,
        netid
    );
    Ok(gigs.fetch_all(db).await?)
}

/// Whether credits are on their way to or from someone. A question from before `asked_after` is asked no more.
pub(crate) async fn has_credits_under_way(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
    asked_after: DateTime<Utc>,
) -> Result<bool, GigError> {
    let is_so = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM reservations JOIN gigs ON gigs.id = gig_id
                          WHERE issuer = ? AND reservations.state = 'asked'
                            AND reservations.created_at > ?)
               OR EXISTS (SELECT 1 FROM outbox
                          WHERE JSON_VALUE(body, '$.to.member') = ?
                            AND delivered_at IS NULL AND dead_at IS NULL) AS "is!: bool""#,
        netid,
        asked_after,
        netid
    );
    Ok(is_so.fetch_one(db).await?)
}

/// Deletes an effect.
pub(crate) async fn delete_effect(db: impl MySqlExecutor<'_>, id: u64) -> Result<(), GigError> {
    sqlx::query!("DELETE FROM outbox WHERE id = ?", id).execute(db).await?;
    Ok(())
}

/// Deletes a gig that nobody did, with what was asked of credits for it and the claims on it.
pub(crate) async fn delete_gig(transaction: &mut MySqlConnection, id: u64) -> Result<(), GigError> {
    let questions = sqlx::query_scalar!("SELECT id FROM reservations WHERE gig_id = ?", id);
    for question in questions.fetch_all(&mut *transaction).await? {
        let deleted = sqlx::query!("DELETE FROM reservations WHERE id = ?", question);
        deleted.execute(&mut *transaction).await?;
    }
    let claims = sqlx::query_scalar!("SELECT id FROM claims WHERE gig_id = ?", id);
    for claim in claims.fetch_all(&mut *transaction).await? {
        delete_claim(&mut *transaction, claim).await?;
    }
    sqlx::query!("DELETE FROM gigs WHERE id = ?", id).execute(transaction).await?;
    Ok(())
}

/// Has a gig be offered by nobody.
pub(crate) async fn forget_issuer(db: impl MySqlExecutor<'_>, id: u64) -> Result<(), GigError> {
    sqlx::query!("UPDATE gigs SET issuer = NULL WHERE id = ?", id).execute(db).await?;
    Ok(())
}

/// Deletes a claim.
pub(crate) async fn delete_claim(db: impl MySqlExecutor<'_>, id: u64) -> Result<(), GigError> {
    sqlx::query!("DELETE FROM claims WHERE id = ?", id).execute(db).await?;
    Ok(())
}

/// Has a claim be nobody's.
pub(crate) async fn forget_claimant(db: impl MySqlExecutor<'_>, id: u64) -> Result<(), GigError> {
    sqlx::query!("UPDATE claims SET claimant = NULL WHERE id = ?", id).execute(db).await?;
    Ok(())
}

/// Has nobody known as who decided on a claim.
pub(crate) async fn forget_decider(db: impl MySqlExecutor<'_>, id: u64) -> Result<(), GigError> {
    sqlx::query!("UPDATE claims SET decided_by = NULL WHERE id = ?", id).execute(db).await?;
    Ok(())
}

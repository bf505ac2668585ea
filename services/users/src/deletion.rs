//! Deleting someone: here at once, and in every service that has something of theirs.
//!
//! Each service forgets them by an effect of its own. The deletion ends when all have confirmed it. Whoever
//! asks to join under the same name before that waits for the end: what a service forgets late would be theirs.

use chrono::{DateTime, TimeDelta, Utc};
use grove_audit::{Change, record};
use grove_identity::caller::Member;
use grove_shared::{
    NetId,
    db::{self, Transaction},
};
use serde_json::json;
use sqlx::MySqlPool;

use crate::{
    SERVICE,
    config::Chapter,
    effect,
    error::UserError,
    forgetting,
    store::{self, deletions, personal},
};

/// How long a deletion is remembered that has ended.
pub(crate) const KEPT: TimeDelta = TimeDelta::days(400);

/// Deletes someone, and remembers that until each service has confirmed it.
pub(crate) async fn begin(
    transaction: &mut Transaction,
    netid: &NetId,
    officer: &Member,
    chapter: &Chapter,
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    let gone = forgetting::forget(transaction, netid, chapter, now).await?;
    let Some(state) = gone.state else { return Err(UserError::NotFound) };
    // Nobody is named who deletes their own record.
    let deleted_by = Some(&officer.netid).filter(|officer| *officer != netid);
    let id = deletions::insert(&mut **transaction, netid, deleted_by, now).await?;
    let report = forgetting::listed(gone.report)
        .kept("the NetID in the log of who did what", "who changed what has to stay known.");
    let report = json!(report).to_string();
    deletions::insert_own_step(&mut **transaction, id, SERVICE.name, &report, now).await?;
    ask_others(transaction, id, netid, now).await?;
    let deleted = Change::new(officer, "deleted", "user", netid)
        .about(netid)
        .from(json!({ "state": state }))
        .irreversible(
            "Every service forgets the person. They can ask to join again once that is done.",
        );
    record(transaction, deleted, now).await?;
    Ok(())
}

/// Has every other service forget someone, as steps of a deletion.
async fn ask_others(
    transaction: &mut Transaction,
    id: u64,
    netid: &NetId,
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    for (service, effect) in effect::deleted(transaction, netid, now).await? {
        deletions::insert_step(&mut **transaction, id, service.name, effect).await?;
    }
    Ok(())
}

/// Ends the deletions that every service has confirmed.
///
/// # Errors
/// When the database fails; what is left comes with the next call.
pub async fn end_confirmed(
    db: &MySqlPool,
    chapter: &Chapter,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    for (id, netid) in deletions::of_the_version_before(db).await? {
        let mut transaction = db::begin(db).await?;
        if deletions::lock(&mut transaction, id).await? {
            ask_others(&mut transaction, id, &netid, now).await?;
            transaction.commit().await?;
        }
    }
    for (id, netid) in deletions::confirmed(db).await? {
        end(db, id, &netid, chapter, now).await?;
    }
    Ok(())
}

/// Keeps the reports, removes what the outbox still has of the person, and lets in who waits for the name.
async fn end(
    db: &MySqlPool,
    id: u64,
    netid: &NetId,
    chapter: &Chapter,
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    let mut transaction = db::begin(db).await?;
    if !deletions::end(&mut transaction, id, now).await? {
        return Ok(());
    }
    personal::forget_effects(&mut transaction, netid, &chapter.address_of(netid)).await?;
    // They may have been deleted once more while they waited.
    if !deletions::is_leaving(&mut *transaction, netid).await? {
        match store::find(&mut *transaction, netid, chapter.time.day_of(now)).await {
            Ok(user) => effect::rejoined(&mut transaction, &user, chapter, now).await?,
            Err(UserError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    transaction.commit().await?;
    tracing::info!(user.netid = %netid, "{netid} is forgotten everywhere");
    Ok(())
}

/// Has those effects of deletions delivered again that were given up, since nobody is deleted in part, and forgets
/// the deletions that ended long ago.
///
/// # Errors
/// When the database fails; what is left comes with the next call.
pub async fn follow_up(db: &MySqlPool, now: DateTime<Utc>) -> anyhow::Result<()> {
    for effect in deletions::given_up(db).await? {
        tracing::warn!(outbox.id = effect, "effect {effect} of a deletion is delivered again");
        deletions::deliver_again(db, effect, now).await?;
    }
    Ok(deletions::forget(db, now - KEPT).await?)
}

//! Terms of membership: how one begins and how it ends, here and in the directory.

use chrono::{DateTime, NaiveDate, Utc};
use grove_audit::{Actor, Change, record};
use grove_shared::{
    NetId, Standing,
    config::ChapterTime,
    db::{self, Transaction},
};
use grove_users_api::{Membership, UserState};
use serde_json::json;
use sqlx::MySqlPool;

use crate::{
    SERVICE,
    config::Chapter,
    effect,
    error::UserError,
    store::{self, Approval, Grounds, deletions},
    term,
    user::User,
};

/// What a person may do, everywhere. Nobody is a member before a deletion under the same name has ended: roles of
/// the time before would count, and what they do would be forgotten with it.
pub(crate) async fn standing(db: &MySqlPool, user: &User) -> Result<Standing, UserError> {
    if deletions::is_leaving(db, &user.netid).await? {
        return Ok(Standing::Applicant);
    }
    Ok(match user.state() {
        UserState::Unverified | UserState::AwaitingPayment => Standing::Applicant,
        UserState::Member => Standing::Member,
        UserState::Expired => Standing::Expired,
    })
}

/// Gives a person the term that a payment at `now` gives, with all that follows from it, as `actor` did it.
pub(crate) async fn begin(
    transaction: &mut Transaction,
    netid: &NetId,
    actor: impl Into<Actor>,
    grounds: Grounds<'_>,
    chapter: &Chapter,
    now: DateTime<Utc>,
) -> Result<(User, Membership), UserError> {
    let term = term::starting_on(chapter.time.day_of(now));
    store::lock(transaction, netid).await?;
    let user = store::find(&mut **transaction, netid, term.starts_on).await?;
    if user.is_member {
        return Err(UserError::AlreadyMember);
    }
    let directory_effect = effect::paid(transaction, &user, chapter, now).await?;
    effect::credited(transaction, netid, now).await?;
    let approval = Approval { grounds, directory_effect };
    store::insert_membership(&mut **transaction, netid, &term, Some(approval), now).await?;
    let begun = Change::new(actor, "began", "membership", netid)
        .about(netid)
        .from(json!({ "until": user.member_until }))
        .to(json!({ "until": term.ends_on }))
        .irreversible(
            "A term ends by itself. Delete the person if they are to be no member before.",
        );
    record(transaction, begun, now).await?;
    Ok((user, term))
}

/// Takes everyone out of the directory whose membership has ended, once for each end; returns how
/// many people that are.
///
/// # Errors
/// When the database fails; who is left comes with the next call.
pub async fn end_expired(
    db: &MySqlPool,
    time: ChapterTime,
    now: DateTime<Utc>,
) -> anyhow::Result<usize> {
    let today = time.day_of(now);
    let mut ended = 0;
    for netid in store::with_unhandled_ends(db, today).await? {
        ended += usize::from(end(db, &netid, today, now).await?);
    }
    Ok(ended)
}

/// Whether this call took the person out of the directory.
async fn end(
    db: &MySqlPool,
    netid: &NetId,
    today: NaiveDate,
    now: DateTime<Utc>,
) -> Result<bool, UserError> {
    let mut transaction = db::begin(db).await?;
    match store::lock(&mut transaction, netid).await {
        // Deleted in the meantime, and so taken out of the directory.
        Err(UserError::NotFound) => return Ok(false),
        locked => locked?,
    }
    let handled_here = store::handle_ends(&mut transaction, netid, today, now).await?;
    let user = store::find(&mut *transaction, netid, today).await?;
    let leaves = handled_here && !user.is_member;
    if leaves {
        store::leave_directory(&mut *transaction, netid).await?;
        effect::expired(&mut transaction, netid, now).await?;
        let ended = Change::new(SERVICE, "ended", "membership", netid)
            .about(netid)
            .from(json!({ "until": user.member_until }))
            .irreversible("Who pays the dues again gets a new term.");
        record(&mut transaction, ended, now).await?;
    }
    transaction.commit().await?;
    if leaves {
        tracing::info!(user.netid = %netid, "the membership of {netid} has ended");
    }
    Ok(leaves)
}

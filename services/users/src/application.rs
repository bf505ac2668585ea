//! Asking to join, and what becomes of those who never prove their mail address.
//!
//! A form proves nothing: neither the NetID nor the UIN is the sender's until the link in the first mail is
//! followed. Until then the last form counts, and after a while none.

use std::net::{IpAddr, Ipv6Addr};

use chrono::{DateTime, TimeDelta, Utc};
use grove_shared::{
    NetId,
    db::{self, Transaction},
};
use sqlx::MySqlPool;

use crate::{
    config::{Chapter, JoinLimit},
    effect,
    error::UserError,
    store::{self, deletions},
    user::NewUser,
};

/// The time in which forms are counted.
const WINDOW: TimeDelta = TimeDelta::hours(1);
/// Forms under one NetID within that time of which its owner gets mails. Those that follow count as well: the
/// link in an earlier mail is good for them.
const FORMS_PER_NETID: u32 = 5;
/// How long an applicant may take to follow a link, of which each works for three days.
const KEPT: TimeDelta = TimeDelta::days(14);

/// Takes a form. Whoever is known already gets a mail that says so; those who have proven nothing yet are who
/// the form says from now on. While somebody of that name is being deleted, nothing else follows from it: that
/// comes when the deletion ends.
///
/// # Errors
/// [`UserError::TooManyForms`] when too many came from one address.
pub(crate) async fn take(
    transaction: &mut Transaction,
    user: &NewUser,
    from: Option<IpAddr>,
    limit: JoinLimit,
    chapter: &Chapter,
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    let since = now - WINDOW;
    // Everyone whose address is unknown would count as one.
    let from = from.map(|address| format!("address:{}", network(address)));
    let netid = format!("netid:{}", user.netid);
    // Locks come before the first plain read, which fixes what the transaction sees.
    for subject in from.iter().chain([&netid]) {
        store::count_try(&mut **transaction, subject, since, now).await?;
    }
    let waits = deletions::keeps_waiting(transaction, &user.netid).await?;
    if let Some(from) = &from
        && store::tries(&mut **transaction, from).await? > limit.per_hour
    {
        return Err(UserError::TooManyForms);
    }
    let may_mail = store::tries(&mut **transaction, &netid).await? <= FORMS_PER_NETID;
    let today = chapter.time.day_of(now);
    let known = match store::find(&mut **transaction, &user.netid, today).await {
        Ok(known) => Some(known),
        Err(UserError::NotFound) => None,
        Err(error) => return Err(error),
    };
    match known {
        None => {
            store::insert(&mut **transaction, user).await?;
            if waits {
                return Ok(());
            }
            effect::joined(transaction, &user.account(), chapter, now).await
        }
        Some(known) if known.has_proven_nothing() => {
            store::overwrite(&mut **transaction, user).await?;
            if waits || !may_mail {
                return Ok(());
            }
            effect::joined(transaction, &user.account(), chapter, now).await
        }
        Some(_) if may_mail => effect::known_already(transaction, &user.netid, chapter, now).await,
        Some(_) => Ok(()),
    }
}

/// A person has at least 2^64 addresses of IPv6 (RFC 6177), so the first half counts.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) >> 64 << 64).into(),
    }
}

/// Forgets applicants who have not proven their mail address in two weeks; returns how many that are.
///
/// # Errors
/// When the database fails; who is left comes with the next call.
pub async fn end_unverified(db: &MySqlPool, now: DateTime<Utc>) -> anyhow::Result<usize> {
    store::forget_tries(db, now - WINDOW).await?;
    let mut ended = 0;
    for netid in store::unverified(db, now - KEPT).await? {
        ended += usize::from(end(db, &netid, now).await?);
    }
    Ok(ended)
}

async fn end(db: &MySqlPool, netid: &NetId, now: DateTime<Utc>) -> Result<bool, UserError> {
    let mut transaction = db::begin(db).await?;
    let is_over = store::delete_unverified(&mut *transaction, netid, now - KEPT).await?;
    if is_over {
        effect::forgotten(&mut transaction, netid, now).await?;
        transaction.commit().await?;
        tracing::info!(user.netid = %netid, "{netid} never proved the mail address");
    }
    Ok(is_over)
}

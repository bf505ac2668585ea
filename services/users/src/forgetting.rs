//! Forgetting someone in the tables of this service.

use chrono::{DateTime, Utc};
use grove_outbox::person::forget_requests_of;
use grove_shared::{NetId, db::Transaction, personal_data::Forgotten};
use grove_users_api::UserState;

use crate::{
    config::Chapter,
    error::UserError,
    store::{self, personal},
};

/// What became of someone here.
pub(crate) struct Gone {
    /// How far they were on the way to membership; nothing if they had not joined.
    pub(crate) state: Option<UserState>,
    /// What was removed, and what stays.
    pub(crate) report: Forgotten,
}

/// Removes everything of a person, except what has to be delivered still, the list of deletions, and the log.
///
/// It locks in the order of who asks to join (counts, then the person) and of who pays online (keys, then the
/// person), so that what is under way is either done before or finds nobody.
pub(crate) async fn forget(
    transaction: &mut Transaction,
    netid: &NetId,
    chapter: &Chapter,
    now: DateTime<Utc>,
) -> Result<Gone, UserError> {
    let counts = personal::forget_counts(&mut **transaction, netid).await?;
    let requests = forget_requests_of(transaction, netid).await?;
    let replies = personal::forget_replies(&mut **transaction, netid).await?;
    let has_joined = match store::lock(transaction, netid).await {
        Ok(()) => true,
        Err(UserError::NotFound) => false,
        Err(error) => return Err(error),
    };
    let (mut state, mut terms) = (None, 0);
    if has_joined {
        let user = store::find(&mut **transaction, netid, chapter.time.day_of(now)).await?;
        terms = store::memberships(&mut **transaction, user.id).await?.len();
        state = Some(user.state());
        store::delete(&mut **transaction, netid).await?;
    }
    let confirmed = personal::forget_confirmer(&mut **transaction, netid).await?;
    let deleted = personal::forget_deleter(&mut **transaction, netid).await?;
    let effects = personal::forget_effects(transaction, netid, &chapter.address_of(netid)).await?;
    let report = Forgotten::default()
        .removed("the record with name and UIN", u64::from(has_joined))
        .removed("terms of membership", terms as u64)
        .removed("the name of who confirmed payments of others", confirmed)
        .removed("the name of who deleted others", deleted)
        .removed("what other services were told", effects.removed)
        .removed("counts of requests", counts)
        .removed("requests that could be repeated", requests)
        .removed("replies to others", replies);
    let report = if effects.left > 0 {
        report.kept(
            "what other services are still to be told",
            "it arrives before they forget the person, and is then removed.",
        )
    } else {
        report
    };
    Ok(Gone { state, report })
}

/// Says that the list of deletions names the person.
pub(crate) fn listed(report: Forgotten) -> Forgotten {
    report.kept(
        "the NetID in the list of deletions, for 400 days",
        "officers see what has become of a deletion, and no old login lets anybody in.",
    )
}

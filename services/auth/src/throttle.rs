//! How often someone may try: counted in the database, so over all replicas.
//!
//! Failures count and successes do not. A try that is refused here is not counted, so that a block
//! ends however much someone goes on trying.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::MySqlConnection;

use crate::{
    account::Account,
    attempt::{Attempt, Outcome},
    error::AuthError,
    store::{accounts, attempts},
};

/// So many tries in so much time.
#[derive(Debug, Clone, Copy)]
struct Limit {
    tries: u32,
    within: TimeDelta,
}

/// Of one account from one source.
const ACCOUNT_AND_SOURCE: Limit = Limit { tries: 10, within: TimeDelta::minutes(15) };
/// From one source, at accounts with failures.
const SOURCE: Limit = Limit { tries: 20, within: TimeDelta::minutes(15) };
/// From one source, whatever the account.
const SOURCE_AT_ALL: Limit = Limit { tries: 200, within: TimeDelta::minutes(15) };
/// Of one account from everywhere: beyond it each source has one try.
const ACCOUNT: Limit = Limit { tries: 100, within: TimeDelta::days(1) };
/// Mails that a person gets because someone asked for a reset from one source.
const MAILS_BY_SOURCE: Limit = Limit { tries: 5, within: TimeDelta::hours(1) };
/// The same from all sources, but for those that the owner is known from.
const MAILS: Limit = Limit { tries: 20, within: TimeDelta::hours(1) };
/// For so long after a sign-in a source counts as the owner's.
pub(crate) const KNOWN_FOR: TimeDelta = TimeDelta::days(90);
/// The longest time that a limit looks back.
pub(crate) const LONGEST: TimeDelta = ACCOUNT.within;

/// Refuses a try that is too many.
///
/// Who guesses at one account from one source is refused in any case. Beyond the limits of a source, or of an
/// account from everywhere, whoever may be the owner still gets a try: from a source that the owner signed in
/// from, at an account that nobody failed at, and at any account once from each source.
pub(crate) async fn check(
    db: &mut MySqlConnection,
    attempt: &Attempt,
    now: DateTime<Utc>,
) -> Result<(), AuthError> {
    check_both(db, attempt, Outcome::Failed, now).await?;
    let by_source = nth_last(Of::Source, db, attempt, Outcome::Failed, SOURCE, now).await?;
    let by_source = by_source.filter(|_| attempt.is_own_source);
    let of_account = nth_last(Of::Account, db, attempt, Outcome::Failed, ACCOUNT, now).await?;
    let Some(until) = by_source.max(of_account) else { return Ok(()) };
    if is_known(db, attempt, now).await? {
        return Ok(());
    }
    let at_all = nth_last(Of::Source, db, attempt, Outcome::Failed, SOURCE_AT_ALL, now).await?;
    let once = Limit { tries: 1, ..ACCOUNT };
    let failures_of = if by_source.is_some() { Of::Account } else { Of::Both };
    let has_failed =
        nth_last(failures_of, db, attempt, Outcome::Failed, once, now).await?.is_some();
    if has_failed || (attempt.is_own_source && at_all.is_some()) {
        return Err(too_many(until, now));
    }
    Ok(())
}

/// Whose tries a limit is on.
#[derive(Debug, Clone, Copy)]
enum Of {
    /// Those at the account from the source.
    Both,
    /// Those at the account.
    Account,
    /// Those from the source.
    Source,
}

/// When a limit that is used up ends; nothing when it is not.
async fn nth_last(
    of: Of,
    db: &mut MySqlConnection,
    attempt: &Attempt,
    outcome: Outcome,
    Limit { tries, within }: Limit,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, AuthError> {
    let since = now - within;
    let first = match of {
        Of::Both => attempts::nth_last_of_both(db, attempt, outcome, tries, since).await?,
        Of::Account => attempts::nth_last_of_account(db, attempt, outcome, tries, since).await?,
        Of::Source => attempts::nth_last_of_source(db, attempt, outcome, tries, since).await?,
    };
    Ok(first.map(|first| first + within))
}

/// Whether the account's owner has signed in from the source of late.
async fn is_known(
    db: &mut MySqlConnection,
    attempt: &Attempt,
    now: DateTime<Utc>,
) -> Result<bool, AuthError> {
    let once = Limit { tries: 1, within: KNOWN_FOR };
    Ok(nth_last(Of::Both, db, attempt, Outcome::Succeeded, once, now).await?.is_some())
}

async fn check_both(
    db: &mut MySqlConnection,
    attempt: &Attempt,
    outcome: Outcome,
    now: DateTime<Utc>,
) -> Result<(), AuthError> {
    match nth_last(Of::Both, db, attempt, outcome, ACCOUNT_AND_SOURCE, now).await? {
        Some(until) => Err(too_many(until, now)),
        None => Ok(()),
    }
}

fn too_many(until: DateTime<Utc>, now: DateTime<Utc>) -> AuthError {
    AuthError::TooManyTries((until - now).to_std().unwrap_or_default())
}

/// As [`check`], after waiting for the tries that are counted at the same moment: of parallel tries
/// no more get through than of tries in a row. Returns the account, which stays locked.
pub(crate) async fn enter(
    transaction: &mut MySqlConnection,
    attempt: &Attempt,
    now: DateTime<Utc>,
) -> Result<Option<Account>, AuthError> {
    // Locks come before the first plain read, which fixes what the transaction sees.
    attempts::lock_source(&mut *transaction, &attempt.source, now).await?;
    let account = accounts::lock(&mut *transaction, attempt.account()).await?;
    check(transaction, attempt, now).await?;
    Ok(account)
}

/// Counts someone who asks for a reset. Returns whether the account's owner may get a mail.
pub(crate) async fn enter_reset(
    transaction: &mut MySqlConnection,
    attempt: &Attempt,
    now: DateTime<Utc>,
) -> Result<bool, AuthError> {
    attempts::lock_source(&mut *transaction, &attempt.source, now).await?;
    accounts::lock(&mut *transaction, attempt.account()).await?;
    check_both(transaction, attempt, Outcome::Reset, now).await?;
    let of_source = nth_last(Of::Source, transaction, attempt, Outcome::Reset, SOURCE, now).await?;
    if let Some(until) = of_source.filter(|_| attempt.is_own_source) {
        return Err(too_many(until, now));
    }
    let mails =
        nth_last(Of::Both, transaction, attempt, Outcome::Reset, MAILS_BY_SOURCE, now).await?;
    let all = nth_last(Of::Account, transaction, attempt, Outcome::Reset, MAILS, now).await?;
    let may = mails.is_none() && (all.is_none() || is_known(transaction, attempt, now).await?);
    attempts::insert(&mut *transaction, attempt, Outcome::Reset, now).await?;
    Ok(may)
}

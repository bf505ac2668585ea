//! How often someone may try: counted in the database, so over all replicas.
//!
//! Failures count and successes do not. A try that is refused here is not counted, so that a block
//! ends however much someone goes on trying.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use grove_shared::{NetId, token};
use sqlx::MySqlConnection;

use crate::{
    account::Account,
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
/// From one source, whatever the account.
const SOURCE: Limit = Limit { tries: 20, within: TimeDelta::minutes(15) };
/// Of one account from everywhere, but for the sources that its owner is known from.
const ACCOUNT: Limit = Limit { tries: 100, within: TimeDelta::days(1) };
/// Mails that a person gets because someone asked for a reset.
const MAILS: Limit = Limit { tries: 5, within: TimeDelta::hours(1) };
/// For so long after a sign-in a source counts as the owner's.
pub(crate) const KNOWN_FOR: TimeDelta = TimeDelta::days(90);
/// The longest time that a limit looks back.
pub(crate) const LONGEST: TimeDelta = ACCOUNT.within;

/// How a try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The password was wrong.
    Failed,
    /// Someone signed in.
    Succeeded,
    /// Someone asked for a new password.
    Reset,
}

impl Outcome {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Succeeded => "succeeded",
            Self::Reset => "reset",
        }
    }
}

/// Someone's try at an account, which need not exist.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    /// The name as typed, without case and the space around it, if it is one at all: the database
    /// compares more freely, and one account must not be tried under many names.
    pub(crate) netid: Option<NetId>,
    /// Stands for the name as typed.
    pub(crate) account_key: [u8; 32],
    /// The address, or its network; nothing when the caller does not know it.
    pub(crate) source: String,
}

impl Attempt {
    pub(crate) fn new(name: &str, address: Option<IpAddr>) -> Self {
        let name = name.trim().to_lowercase();
        let account_key = token::hash(&name);
        let source = address.map(source).unwrap_or_default();
        Self { netid: name.parse().ok(), account_key, source }
    }

    /// The account to look for; nothing when there can be none.
    pub(crate) fn account(&self) -> &str {
        self.netid.as_ref().map_or("", NetId::as_str)
    }
}

/// A person has at least 2^64 addresses of IPv6 (RFC 6177), so the first half counts.
fn source(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 64 << 64;
            std::net::Ipv6Addr::from(network).to_string()
        }
    }
}

/// Refuses a try that is too many.
pub(crate) async fn check(
    db: &mut MySqlConnection,
    attempt: &Attempt,
    now: DateTime<Utc>,
) -> Result<(), AuthError> {
    check_source(db, attempt, Outcome::Failed, now).await?;
    let since = now - ACCOUNT.within;
    let first =
        attempts::nth_last_of_account(&mut *db, attempt, Outcome::Failed, ACCOUNT.tries, since);
    let Some(first) = first.await? else { return Ok(()) };
    let since = now - KNOWN_FOR;
    let known = attempts::nth_last_of_both(&mut *db, attempt, Outcome::Succeeded, 1, since);
    match known.await? {
        Some(_) => Ok(()),
        None => Err(too_many(first + ACCOUNT.within, now)),
    }
}

async fn check_source(
    db: &mut MySqlConnection,
    attempt: &Attempt,
    outcome: Outcome,
    now: DateTime<Utc>,
) -> Result<(), AuthError> {
    let Limit { tries, within } = ACCOUNT_AND_SOURCE;
    let first = attempts::nth_last_of_both(&mut *db, attempt, outcome, tries, now - within);
    if let Some(first) = first.await? {
        return Err(too_many(first + within, now));
    }
    if attempt.source.is_empty() {
        // Everyone whose address is unknown would count as one.
        return Ok(());
    }
    let Limit { tries, within } = SOURCE;
    let first = attempts::nth_last_of_source(&mut *db, attempt, outcome, tries, now - within);
    match first.await? {
        Some(first) => Err(too_many(first + within, now)),
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

/// Counts a wish for a reset. Returns whether the account's owner may get a mail.
pub(crate) async fn enter_reset(
    transaction: &mut MySqlConnection,
    attempt: &Attempt,
    now: DateTime<Utc>,
) -> Result<bool, AuthError> {
    attempts::lock_source(&mut *transaction, &attempt.source, now).await?;
    accounts::lock(&mut *transaction, attempt.account()).await?;
    check_source(transaction, attempt, Outcome::Reset, now).await?;
    let Limit { tries, within } = MAILS;
    let since = now - within;
    let mails =
        attempts::nth_last_of_account(&mut *transaction, attempt, Outcome::Reset, tries, since);
    let may = mails.await?.is_none();
    attempts::insert(&mut *transaction, attempt, Outcome::Reset, now).await?;
    Ok(may)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_has_one_name_and_a_network() {
        let attempt = |name, address: &str| Attempt::new(name, Some(address.parse().unwrap()));
        assert_eq!(attempt(" JSmith2", "192.0.2.7").account_key, token::hash("jsmith2"));
        assert_eq!(attempt("jsmith2", "::ffff:192.0.2.7").source, "192.0.2.7");
        let one = attempt("jsmith2", "2001:db8:1:2:3:4:5:6").source;
        assert_eq!(one, attempt("jsmith2", "2001:db8:1:2:ffff::1").source);
        assert_eq!(one, "2001:db8:1:2::");
    }
}

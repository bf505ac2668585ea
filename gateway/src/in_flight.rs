//! How many requests are under way, in all and of one caller: those on top are refused at once, so that one
//! client slows nobody and no queue grows.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use grove_http::ApiError;
use grove_identity::{Identity, Subject};
use grove_shared::NetId;
use http::StatusCode;

const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The requests that are under way.
#[derive(Debug)]
pub(crate) struct InFlight {
    limit: usize,
    limit_of_one: usize,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    of: HashMap<Who, usize>,
}

/// Whose requests are counted together: a person's, or those from an address that nobody signed in at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Who {
    Person(NetId),
    Address(Option<IpAddr>),
}

/// A request that was admitted; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Admitted<'a> {
    requests: &'a InFlight,
    who: Option<Who>,
}

impl InFlight {
    pub(crate) fn new(limit: usize, limit_of_one: usize) -> Self {
        Self { limit, limit_of_one, counts: Mutex::default() }
    }

    /// Admits a request before it is known whose it is.
    pub(crate) fn admit(&self) -> Result<Admitted<'_>, ApiError> {
        let mut counts = self.lock();
        if counts.all >= self.limit {
            shed("all");
            return Err(ApiError::unavailable("Too many requests at once, please try again"));
        }
        counts.all += 1;
        Ok(Admitted { requests: self, who: None })
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Admitted<'_> {
    /// Counts it among those of its caller.
    pub(crate) fn count_for(&mut self, identity: &Identity) -> Result<(), ApiError> {
        let who = match &identity.subject {
            Subject::Person { netid, .. } => Who::Person(netid.clone()),
            Subject::Client | Subject::Service(_) => Who::Address(identity.address),
        };
        let mut counts = self.requests.lock();
        let count = counts.of.entry(who.clone()).or_default();
        if *count >= self.requests.limit_of_one {
            shed("one");
            let message = "Too many requests at once, please wait for their answers";
            let refusal = ApiError::new(StatusCode::TOO_MANY_REQUESTS, message);
            return Err(refusal.retry_after(RETRY_AFTER));
        }
        *count += 1;
        self.who = Some(who);
        Ok(())
    }
}

fn shed(limit: &'static str) {
    metrics::counter!("gateway_requests_shed_total", "limit" => limit).increment(1);
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        let mut counts = self.requests.lock();
        counts.all -= 1;
        if let Some(who) = self.who.take()
            && let Some(count) = counts.of.get_mut(&who)
        {
            *count -= 1;
            if *count == 0 {
                counts.of.remove(&who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_does_not_count() {
        let requests = InFlight::new(2, 1);
        let identity = Identity { subject: Subject::Client, client: None, address: None };
        let mut first = requests.admit().unwrap();
        first.count_for(&identity).unwrap();
        let mut second = requests.admit().unwrap();
        assert!(second.count_for(&identity).is_err());
        assert!(requests.admit().is_err());
        drop((first, second));
        assert!(requests.lock().all == 0 && requests.lock().of.is_empty());
        requests.admit().unwrap().count_for(&identity).unwrap();
    }
}
